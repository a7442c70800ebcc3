import { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { keepCookiesPrivate } from '../../lib/response/cookie-privacy.js';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';

function answer(prepare: (response: ServerResponse) => void): string | readonly string[] | undefined {
  const { response, received } = createMemoryExchange({ url: '/' });
  prepare(response);
  keepCookiesPrivate(response);
  response.end('x');
  return received().headers['cache-control'];
}

describe('beside Set-Cookie', () => {
  test.each([
    ['public, max-age=60', 'private, max-age=60'],
    ['Public,s-maxage=5, max-age=60', 'private, max-age=60'],
    ['max-age=1, s-maxage=60', 'private, max-age=1'],
    ['public, no-store', 'no-store'],
    ['public, no-store, max-age=60', 'no-store, max-age=60'],
    ['public, , max-age=60,', 'private, max-age=60'],
    ['private="x-a, x-b", public', 'private, private="x-a, x-b"'],
    ['private, max-age=60', 'private, max-age=60'],
    ['no-cache', 'no-cache'],
  ])('S19 %s becomes %s', (given, expected) => {
    const set = answer((response) => {
      response.setHeader('Set-Cookie', 'sid=1');
      response.setHeader('Cache-Control', given);
    });
    expect(set).toBe(expected);
  });

  test.each([true, false])('S19 also when a middleware sets the cookie as the head is written: %s', (setsCookie) => {
    const set = answer((response) => {
      const { writeHead } = response;
      response.writeHead = function writeSession(...args: unknown[]) {
        // As the `cookies` package does, past whatever is on the response itself.
        if (setsCookie) ServerResponse.prototype.setHeader.call(response, 'Set-Cookie', ['sid=1']);
        return Reflect.apply(writeHead, response, args);
      } as typeof writeHead;
      response.setHeader('Cache-Control', 'public, max-age=60');
    });
    expect(set).toBe(setsCookie ? 'private, max-age=60' : 'public, max-age=60');
  });
});

test('without a cookie nothing changes, and nothing is added', () => {
  expect(answer((response) => response.setHeader('Cache-Control', 'public, max-age=60'))).toBe('public, max-age=60');
  expect(answer((response) => response.setHeader('Set-Cookie', 'sid=1'))).toBeUndefined();
});
