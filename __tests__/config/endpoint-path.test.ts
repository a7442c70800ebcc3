import { describe, expect, test } from 'vitest';
import { compileEndpointPath } from '../../lib/config/endpoint-path.js';
import { PatternSyntaxError } from '../../lib/config/url-pattern.js';

describe('compileEndpointPath', () => {
  test.each([
    ['/', '/', [{ literal: '' }]],
    ['', '/', [{ literal: '' }]],
    ['/users', '/users', [{ literal: 'users' }]],
    ['users', '/users', [{ literal: 'users' }]],
    ['/users/', '/users/', [{ literal: 'users' }, { literal: '' }]],
    ['/users/{id}', '/users/{id}', [{ literal: 'users' }, { param: 'id' }]],
    ['/{a-b}/{c_1}', '/{a-b}/{c_1}', [{ param: 'a-b' }, { param: 'c_1' }]],
    ['/svc/*', '/svc/*', [{ literal: 'svc' }, { wildcard: true }]],
    ['/*', '/*', [{ wildcard: true }]],
    ['/v1/users:batch', '/v1/users:batch', [{ literal: 'v1' }, { literal: 'users:batch' }]],
    ['/café', '/café', [{ literal: 'caf%C3%A9' }]],
    ['/caf%C3%A9', '/caf%C3%A9', [{ literal: 'caf%C3%A9' }]],
    ['/__debugger', '/__debugger', [{ literal: '__debugger' }]],
    ['/a/{id}/A/{ID}', '/a/{id}/A/{ID}', [{ literal: 'a' }, { param: 'id' }, { literal: 'A' }, { param: 'ID' }]],
  ])('%j', (source, text, segments) => {
    const path = compileEndpointPath(source);
    expect(path.text).toBe(text);
    expect(path.segments).toEqual(segments);
  });

  test('the params are known by name, the wildcard by its star', () => {
    expect([...compileEndpointPath('/a/{x}/{y}/*').params]).toEqual(['x', 'y', '*']);
  });

  test.each([
    ['/{id}.json', 'brace inside a segment'],
    ['/a{id}', 'brace inside a segment'],
    ['/{a}{b}', 'brace inside a segment'],
    ['/{a', 'brace inside a segment'],
    ['/{}', 'brace inside a segment'],
    ['/{a.b}', 'brace inside a segment'],
    ['/{{a}}', 'brace inside a segment'],
    ['/{*}', 'brace inside a segment'],
    ['/:id', '"{id}"'],
    ['/a/*/b', '"*"'],
    ['/a*', '"*"'],
    ['/**', '"*"'],
    ['//a', 'empty segment'],
    ['/a//b', 'empty segment'],
    ['/a/../b', '".."'],
    ['/a/%2e%2e/b', '".."'],
    ['/a/.', '"."'],
    ['/a%2Fb', 'encoded "/"'],
    ['/a%5cb', 'encoded "/"'],
    ['/a%00', 'control'],
    ['/a%ff', 'UTF-8'],
    ['/a%', '%25'],
    ['/a?b=1', 'query'],
    ['/a#b', '"#"'],
    ['/a b', 'spaces'],
    ['/a\\b', '"\\"'],
    ['/__debug', 'reserved'],
    ['/x/__debug/', 'reserved'],
    ['/__echo', 'reserved'],
    ['/x/__health', 'reserved'],
    ['/{id}/{id}', '{id} twice'],
    ['/{resp0_id}', 'earlier answers'],
  ])('G01 %j is refused', (source, reason) => {
    expect(() => compileEndpointPath(source)).toThrow(PatternSyntaxError);
    expect(() => compileEndpointPath(source)).toThrow(reason);
  });

  test.each(['__proto__', 'constructor', 'prototype'])('U09 a param called %s is refused', (name) => {
    expect(() => compileEndpointPath(`/a/{${name}}`)).toThrow(`called "${name}"`);
  });

  test('U09 params may be called like other members of objects', () => {
    expect([...compileEndpointPath('/{toString}/{hasOwnProperty}').params]).toEqual(['toString', 'hasOwnProperty']);
  });
});
