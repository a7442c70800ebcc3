import { describe, expect, test } from 'vitest';
import { routerSchema } from '../support/schemas.js';

test('an empty namespace says the same as none', () => {
  expect(routerSchema.parse({})).toMatchObject({ health_path: '/__health', error_body: {}, auto_options: false });
});

describe('trusted_proxies', () => {
  function accepts(entry: unknown): boolean {
    return routerSchema.safeParse({ trusted_proxies: [entry] }).success;
  }

  test.each(['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '::/0', '1.2.3.4/32'])(
    '%s is a network',
    (entry) => {
      expect(accepts(entry)).toBe(true);
    },
  );

  test.each([
    '',
    'localhost',
    '10.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/0x8',
    'fe80::1%eth0',
    8,
  ])('G01 %j is not', (entry) => {
    expect(accepts(entry)).toBe(false);
  });
});

test.each(['health', '/', '/a b', '/a?b', '/{a}', '//evil\\', '/a*'])('G01 health_path %j is refused', (path) => {
  expect(routerSchema.safeParse({ health_path: path }).success).toBe(false);
});
