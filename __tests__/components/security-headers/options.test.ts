import { describe, expect, test } from 'vitest';
import { HOST, schema } from '../../../lib/components/security-headers/options.js';

const allows = (options: object, host: string) => schema.parse(options).isAllowedHost?.(host);

test('without hosts, and in development, there is no check', () => {
  expect(schema.parse({}).isAllowedHost).toBeUndefined();
  expect(schema.parse({ allowed_hosts: [] }).isAllowedHost).toBeUndefined();
  expect(schema.parse({ allowed_hosts: ['a.test'], is_development: true }).isAllowedHost).toBeUndefined();
});

test('hosts are compared whole, in any case of letters', () => {
  expect(allows({ allowed_hosts: ['A.test:80'] }, 'a.TEST:80')).toBe(true);
  expect(allows({ allowed_hosts: ['a.test'] }, 'a.test:80')).toBe(false);
  // They are no patterns.
  expect(allows({ allowed_hosts: ['a.test'] }, 'axtest')).toBe(false);
  expect(allows({ allowed_hosts: ['.*'] }, 'a.test')).toBe(false);
});

test('so are those that fit an expression', () => {
  const options = { allowed_hosts: ['[a-c]\\.test', '(?P<name>x)|y'], allowed_hosts_are_regex: true };
  expect(['a.test', 'B.TEST', 'x', 'y'].every((host) => allows(options, host))).toBe(true);
  expect(['d.test', 'a.test.', 'aa.test', 'xy', 'a.test\n'].some((host) => allows(options, host))).toBe(false);
});

test('every wrong expression is reported', () => {
  const { error } = schema.safeParse({ allowed_hosts: ['(', 'a', '['], allowed_hosts_are_regex: true });
  expect(error?.issues.map(({ path }) => path)).toEqual([
    ['allowed_hosts', 0],
    ['allowed_hosts', 2],
  ]);
});

describe('U05 a host', () => {
  test.each(['a', 'shop.test', 'SHOP.test:8443', '127.0.0.1:80', '[::1]', '[2001:db8::1]:443', 'a_b.test'])(
    '%s',
    (host) => {
      expect(HOST.test(host)).toBe(true);
    },
  );

  test.each([
    '',
    'a b',
    'a/b',
    'a?b',
    'a#b',
    'a@b',
    'a\\b',
    'a:',
    'a:b',
    'a:123456',
    '::1',
    '[a',
    'a.test\n',
    '[::1]x',
  ])('%j is none', (host) => {
    expect(HOST.test(host)).toBe(false);
  });
});
