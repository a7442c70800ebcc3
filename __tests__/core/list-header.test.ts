import { expect, test } from 'vitest';
import { isList, joinLists } from '../../lib/core/list-header.js';

test.each([
  ['vary', 'Origin', 'accept-encoding, origin', 'Origin, accept-encoding'],
  ['vary', 'Origin', '*', '*'],
  ['vary', ['Origin', 'Accept'], 'Accept', 'Origin, Accept'],
  [
    'link',
    '</a,b>; rel="preload, x"',
    '</c>; rel=next, </a,b>; rel="preload, x"',
    '</a,b>; rel="preload, x", </c>; rel=next',
  ],
  ['server-timing', 'app;dur=1', ['db;desc="a, \\"b"', 'app;dur=1'], 'app;dur=1, db;desc="a, \\"b"'],
  [
    'content-security-policy',
    "default-src 'self'",
    "img-src 'none'; default-src *",
    "default-src 'self', img-src 'none'; default-src *",
  ],
  ['access-control-expose-headers', 'X-A,', ', x-a, X-B', 'X-A, X-B'],
  ['via', '1.1 a', '1.1 A', '1.1 a, 1.1 A'],
] as const)('%s: %j and %j', (name, one, other, joined) => {
  expect(isList(name)).toBe(true);
  expect(joinLists(name, one, other)).toBe(joined);
});

test.each(['content-type', 'cache-control', 'access-control-allow-origin', 'strict-transport-security', 'set-cookie'])(
  '%s is no such list',
  (name) => {
    expect(isList(name)).toBe(false);
  },
);

test.each(['"', '<', '"\\', ',', '"a,'])('what is left open is read once: %j', (piece) => {
  function timeOf(count: number): number {
    const text = piece.repeat(count);
    const started = performance.now();
    joinLists('link', text, 'x');
    return performance.now() - started;
  }
  timeOf(20_000);
  expect(timeOf(160_000)).toBeLessThan(Math.max(timeOf(20_000), 10) * 40);
});
