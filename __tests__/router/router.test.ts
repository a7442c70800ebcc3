import type { ServerResponse } from 'node:http';
import { describe, expect, test, vi } from 'vitest';
import type { RequestHandler } from '../../lib/proxy.js';
import type { EndpointHandler } from '../../lib/router/handler.js';
import { createMatcher } from '../../lib/router/matcher.js';
import { createRouter, type RouterOptions } from '../../lib/router/router.js';
import { fakeRequest, parseAnswer, serve } from './wire.js';

const response = {} as ServerResponse;

function routerOf(options: Partial<RouterOptions> = {}) {
  const calls: unknown[][] = [];
  const endpoint: EndpointHandler = (_request, _response, params) => calls.push(['endpoint', { ...params }]);
  const handle = createRouter({
    builtIns: [
      { path: '/__health', isPrefix: false, methods: ['GET', 'HEAD'], handle: () => calls.push(['health']) },
      { path: '/__debug', isPrefix: true, methods: undefined, handle: () => calls.push(['debug']) },
    ],
    matcher: createMatcher([
      { method: 'GET', segments: [{ literal: 'a' }, { param: 'id' }], value: endpoint },
      { method: 'GET', segments: [{ wildcard: true }], value: endpoint },
    ]),
    policies: { shared: [], endpoints: new Map() },
    services: [],
    fallthrough: true,
    autoOptions: false,
    removeExtraSlash: false,
    answerUnmatched: (_request, _response, allow) => calls.push(['unmatched', allow]),
    ...options,
  });
  function call(method: string, url: string, hasNext = true): unknown[] {
    calls.length = 0;
    const next = (error?: unknown) => calls.push(error === undefined ? ['next'] : ['next', error]);
    handle(fakeRequest(url, [], method), response, hasNext ? next : undefined);
    return calls.flat();
  }
  return { call, handle };
}

describe('a request goes', () => {
  const { call } = routerOf();

  test.each([
    ['GET', '/a/7?x=1', ['endpoint', { id: '7' }]],
    ['GET', 'http://evil/a/7', ['endpoint', { id: '7' }]],
    ['GET', '/b/c', ['endpoint', { '*': 'b/c' }]],
    ['GET', '/__health?x', ['health']],
    ['HEAD', '/__health', ['health']],
    ['POST', '/__health', ['next']],
    ['POST', '/__debug/a/b', ['debug']],
    ['POST', '/__debug', ['debug']],
    ['POST', '/__debugger', ['next']],
    ['GET', '/__healthy', ['endpoint', { '*': '__healthy' }]],
    ['POST', '/a/7', ['next']],
    ['OPTIONS', '*', ['next']],
  ])('%s %s', (method, url, expected) => {
    expect(call(method, url)).toEqual(expected);
  });
});

describe('a request without an endpoint', () => {
  test('is answered here when nothing comes after, or nothing shall', () => {
    const allow = ['GET'];
    expect(routerOf().call('POST', '/a/7', false)).toEqual(['unmatched', allow]);
    expect(routerOf({ fallthrough: false }).call('POST', '/a/7')).toEqual(['unmatched', allow]);
    expect(routerOf({ fallthrough: false }).call('POST', 'x')).toEqual(['unmatched', undefined]);
  });

  test('a route of the gateway itself has its methods', () => {
    expect(routerOf({ fallthrough: false }).call('POST', '/__health')).toEqual(['unmatched', ['GET', 'HEAD']]);
  });

  test('OPTIONS can be answered with the methods', async () => {
    const { handle } = routerOf({
      autoOptions: true,
      matcher: createMatcher([
        { method: 'GET', segments: [{ literal: 'a' }, { param: 'id' }], value: () => {} },
        { method: 'POST', segments: [{ literal: 'b' }], value: () => {} },
        { method: 'DELETE', segments: [{ literal: 'b' }], value: () => {} },
      ]),
    });
    const wire = await serve((request, answer) => handle(request, answer));
    for (const [path, allow] of [
      ['/a/7', 'GET'],
      ['/b', 'DELETE, POST'],
      ['/__health', 'GET, HEAD'],
    ]) {
      const { status, headers, body } = parseAnswer(
        await wire.send(`OPTIONS ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`),
      );
      expect([status, headers['allow'], body]).toEqual([200, [allow], '']);
    }
    await wire.close();
  });
});

test('`//a` is `/a` on request only', () => {
  expect(routerOf().call('GET', '//a//7')).toEqual(['endpoint', { '*': '/a//7' }]);
  expect(routerOf({ removeExtraSlash: true }).call('GET', '//a//7')).toEqual(['endpoint', { id: '7' }]);
});

describe('services', () => {
  test('see every request in their order, except those to routes of the gateway itself', () => {
    const seen: string[] = [];
    function service(name: string): RequestHandler {
      return (request, _response, next) => {
        seen.push(`${name} ${request.url}`);
        next();
      };
    }
    const { call } = routerOf({ services: [service('first'), service('second')] });
    expect(call('GET', '/__health')).toEqual(['health']);
    expect(call('POST', '/nowhere')).toEqual(['next']);
    expect(seen).toEqual(['first /nowhere', 'second /nowhere']);
  });

  test('one that does not go on ends it', () => {
    expect(routerOf({ services: [vi.fn()] }).call('GET', '/a/7')).toEqual([]);
  });

  test('an error of one goes to the host app', () => {
    const error = new Error('x');
    expect(routerOf({ services: [(_request, _response, next) => next(error)] }).call('GET', '/a/7')).toEqual([
      'next',
      error,
    ]);
  });

  test('E01 or becomes a bare 500 where there is none', async () => {
    const { handle } = routerOf({ services: [(_request, _response, next) => next(new Error('secret'))] });
    const wire = await serve((request, answer) => handle(request, answer));
    const text = await wire.send('GET /a/7 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    await wire.close();
    expect(parseAnswer(text)).toMatchObject({ status: 500, body: '' });
    expect(text).not.toContain('secret');
  });
});
