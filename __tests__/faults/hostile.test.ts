import { describe, expect, test } from 'vitest';
import type { Call } from './fault-backend.js';
import { createHostileRequest } from './hostile-request.js';
import { createRandom } from './random.js';
import { shapes } from './shapes.js';
import { createSmuggling } from './smuggling.js';
import { verifyHostileCall } from './verify-hostile.js';

const options = {
  prefix: '/api',
  path: 'single',
  method: 'POST' as const,
  token: 'Q1x0-0123456789ab',
  evilPort: 6666,
  canary: 'canary00',
};
const smuggling = {
  prefix: '',
  outer: { path: 'post2', token: 'Q1x0-0123456789ab' },
  hidden: { path: 'single', token: 'Q1x1-0123456789ab' },
};

test('G10 hostile requests are the same for the same seed, and of many kinds', () => {
  const draw = (seed: number): string => createHostileRequest(options, createRandom(seed)).bytes.toString('latin1');
  expect(draw(1)).toBe(draw(1));
  expect(new Set(Array.from({ length: 500 }, (_, seed) => draw(seed))).size).toBeGreaterThan(400);
});

test('F01 every try at smuggling hides a request and gives two lengths', () => {
  for (let seed = 0; seed < 500; seed++) {
    const text = createSmuggling(smuggling, createRandom(seed)).bytes.toString('latin1');
    expect(text).toMatch(/length/i);
    expect(text).toMatch(/encoding/i);
    expect(text.indexOf(smuggling.hidden.token)).toBeGreaterThan(text.indexOf('\r\n\r\n'));
  }
});

describe('the check of calls that hostile requests turned into', () => {
  const route = { path: 'single', shape: shapes[0]!, origins: [] };
  const good: Call = {
    role: 'b0',
    method: 'GET',
    target: '/b0/Q1x0-0123456789ab?q=1',
    rawHead: '',
    headers: [
      ['host', '127.0.0.1:80'],
      ['x-forwarded-for', '127.0.0.1'],
    ],
    body: Buffer.alloc(0),
    isWhole: true,
    at: 0,
    doneAt: 0,
    closedAt: undefined,
    closedBy: undefined,
    faults: [],
    remotePort: 1,
    sentBefore: 0,
  };

  function check(change: Partial<Call>): number {
    let count = 0;
    verifyHostileCall({ ...good, ...change }, route, () => {
      count += 1;
    });
    return count;
  }

  test('is silent on declared calls, whatever the value', () => {
    expect(check({})).toBe(0);
    expect(check({ target: '/b0/%C3%A9%20;a=b' })).toBe(0);
  });

  test.each<[string, Partial<Call>]>([
    ['U01 a slash in a value', { target: '/b0/a%2fb' }],
    ['U02 a dot segment', { target: '/b0/%2e%2e' }],
    ['U02 one segment more', { target: '/b0/../admin' }],
    ['U03 a control byte', { target: '/b0/a%0d%0ab' }],
    ['U04 a value that is still encoded', { target: '/b0/a%252fb' }],
    ['U10 an undeclared query key', { target: '/b0/a?admin=1' }],
    ['H01 a header of the connection', { headers: [...good.headers, ['te', 'trailers']] }],
    ['H02 a forged address', { headers: [good.headers[0]!, ['x-forwarded-for', '6.6.6.6']] }],
    ['U05 another host', { headers: [['host', 'evil.example'], good.headers[1]!] }],
    ['H02 our own header missing', { headers: [good.headers[0]!] }],
  ])('names %s', (_name, change) => {
    expect(check(change)).toBeGreaterThan(0);
  });
});
