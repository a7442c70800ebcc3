import { describe, expect, it } from 'vitest';
import { VERSION } from '../../lib/core/version.js';
import { completeHeaders, flattenHeaders, type HeaderRules, normalizeHeaders } from '../../lib/transport/headers.js';

const RULES: HeaderRules = { compress: true, decode: true };
const PLAIN: HeaderRules = { compress: false, decode: false };
const AGENT = ['user-agent', `express-tributary/${VERSION}`];

describe('the headers of a request', () => {
  it('are laid out line by line, without those that nobody set', () => {
    const headers = { 'X-A': '1', 'x-b': ['2', '3'], 'x-c': undefined, 'x-d': null, 'x-e': false, 'x-f': 4 };
    expect(flattenHeaders(headers, false)).toEqual(['x-a', '1', 'x-b', '2', 'x-b', '3', 'x-f', '4']);
  });

  it('keep a length only where the body is a stream', () => {
    expect(flattenHeaders({ 'content-length': '5' }, true)).toEqual(['content-length', '5']);
    expect(flattenHeaders({ 'content-length': '5' }, false)).toEqual([]);
  });

  it('name the gateway unless they name somebody else', () => {
    expect(flattenHeaders({}, false, PLAIN)).toEqual(AGENT);
    expect(flattenHeaders({ 'user-agent': 'me' }, false, PLAIN)).toEqual(['user-agent', 'me']);
  });

  it('S16 tell the way of the request and then the gateway', () => {
    const rules: HeaderRules = { ...PLAIN, via: 'gw' };
    expect(flattenHeaders({}, false, rules)).toEqual([...AGENT, 'via', '1.1 gw']);
    expect(flattenHeaders({}, false, rules, '1.1 a')).toEqual([...AGENT, 'via', '1.1 a, 1.1 gw']);
    expect(flattenHeaders({ Via: '1.1 b' }, false, rules, '1.1 a')).toEqual([...AGENT, 'via', '1.1 b, 1.1 gw']);
    expect(flattenHeaders({ via: '1.1 b' }, false, PLAIN, '1.1 a')).toEqual(['via', '1.1 b', ...AGENT]);
    expect(completeHeaders({}, false, rules, '1.1 a')).toMatchObject({ via: '1.1 a, 1.1 gw' });
  });

  it('ask for what can be inflated', () => {
    const ask = (value?: string | string[], rules = RULES): string | undefined => {
      const flat = flattenHeaders(value === undefined ? {} : { 'accept-encoding': value }, false, rules);
      return flat[flat.indexOf('accept-encoding') + 1];
    };
    expect(ask()).toBe('gzip, br, deflate');
    expect(ask('br;q=1, zstd, *;q=0.5, GZIP ;q=0.1')).toBe('br;q=1, GZIP ;q=0.1');
    expect(ask(['zstd', 'gzip'])).toBe('gzip');
    expect(ask('zstd')).toBe('identity');
    expect(ask('zstd', PLAIN)).toBe('zstd');
  });

  it('are the same as an object', () => {
    const complete = completeHeaders({ 'x-a': '1', 'x-b': ['2', '3', '4'], te: 'trailers' }, false, PLAIN);
    expect(complete).toEqual({ 'x-a': '1', 'x-b': ['2', '3', '4'], 'user-agent': AGENT[1] });
    expect(Object.getPrototypeOf(complete)).toBeNull();
  });
});

it('headers of anybody become ours', () => {
  const foreign = JSON.parse('{"X-A":"1","Set-Cookie":"a=1","x-b":["2","3"],"x-c":4,"x-d":null,"__proto__":"x"}');
  const headers = normalizeHeaders(foreign);
  expect(headers).toEqual({ 'x-a': '1', 'set-cookie': ['a=1'], 'x-b': ['2', '3'], 'x-c': '4' });
  expect(Object.getPrototypeOf(headers)).toBeNull();
});
