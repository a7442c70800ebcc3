import { describe, expect, it } from 'vitest';
import { hostOf, hostOfText } from '../../lib/sd/hosts.js';

describe('hostOf', () => {
  it.each([
    ['http', 'users.internal', 8080, 'http://users.internal:8080'],
    ['https', 'Users.Internal.', 8443, 'https://users.internal:8443'],
    ['http', 'users.internal', 80, 'http://users.internal'],
    ['http', '10.0.0.7', 8080, 'http://10.0.0.7:8080'],
    ['http', '::1', 8080, 'http://[::1]:8080'],
    ['http', 'users_v2.internal', 1, 'http://users_v2.internal:1'],
  ])('S01 takes %s %s %d', (scheme, name, port, host) => {
    expect(hostOf(scheme, name, port)).toBe(host);
  });

  it.each([
    ['', 80],
    ['.', 80],
    ['a', 0],
    ['a', 65_536],
    ['a', -1],
    ['a', 1.5],
    ['a', Number.NaN],
    ['a b', 80],
    ['a/b', 80],
    ['a@b', 80],
    ['a?b', 80],
    ['a#b', 80],
    ['a\r\nx', 80],
    ['a\\b', 80],
    ['a..b', 80],
    ['ü.internal', 80],
    ['2130706433', 80],
    ['0x7f.1', 80],
    ['127.1', 80],
    ['a:b', 80],
  ])('S01 S03 refuses the name %j with port %d', (name, port) => {
    expect(hostOf('http', name, port)).toBeUndefined();
  });
});

describe('hostOfText', () => {
  it.each([
    ['http://10.0.0.7:8080', 'http://10.0.0.7:8080'],
    ['https://Users.internal/', 'https://users.internal'],
    ['http://users.internal/v1/', 'http://users.internal/v1'],
    ['users.internal:8080', 'https://users.internal:8080'],
    [' 10.0.0.7:81\n', 'https://10.0.0.7:81'],
    ['[::1]:81', 'https://[::1]:81'],
    ['http://[::1]:81/a', 'http://[::1]:81/a'],
  ])('S01 takes %j', (text, host) => {
    expect(hostOfText('https', text)).toBe(host);
  });

  it.each([
    '',
    'ftp://a',
    'http://',
    'http://user:secret@a',
    'http://a/?x=1',
    'http://a/#x',
    'http://a/../b',
    'http://a/.',
    'http://a/%2e%2e',
    'http://a//b',
    'http://a b',
    'http://a\\b',
    'http://2130706433',
    'http://0x7f.1:80',
    'http://a:0',
    'http://a:99999',
    '{"host":"a"}',
  ])('S01 S03 refuses %j', (text) => {
    expect(hostOfText('http', text)).toBeUndefined();
  });
});
