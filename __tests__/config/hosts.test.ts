import { describe, expect, test } from 'vitest';
import { isRecordName, isVerbatimHost, sanitizeHost } from '../../lib/config/hosts.js';

describe('G02 sanitizeHost', () => {
  test.each([
    ['http://api.internal', 'http://api.internal'],
    ['http://api.internal/', 'http://api.internal'],
    ['https://api.internal', 'https://api.internal'],
    ['api.internal', 'http://api.internal'],
    ['api.internal:8080', 'http://api.internal:8080'],
    ['api.internal.', 'http://api.internal.'],
    ['localhost', 'http://localhost'],
    ['http://my_service:8080/', 'http://my_service:8080'],
    ['HTTPS://API.Internal:8443', 'https://api.internal:8443'],
    ['http://api.internal:80', 'http://api.internal'],
    ['https://api.internal:443', 'https://api.internal'],
    ['http://api.internal:8', 'http://api.internal:8'],
    ['10.0.0.7:65535', 'http://10.0.0.7:65535'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['[2001:db8::1]', 'http://[2001:db8::1]'],
  ])('%j becomes %j', (entry, origin) => {
    expect(sanitizeHost(entry)).toBe(origin);
  });

  test.each([
    '',
    ' ',
    '/',
    'http://',
    '//api.internal',
    'http:/api.internal',
    'http://api.internal/v1',
    'http://api.internal//',
    'http://api.internal?x=1',
    'http://api.internal#x',
    'http://user@api.internal',
    'http://user:secret@api.internal',
    'http://api.internal:0',
    'http://api.internal:65536',
    'http://api.internal:999999',
    'http://api.internal:',
    'http://api.internal:80a',
    'http://api.internal:-1',
    'ftp://api.internal',
    'kafka://',
    'amqp://guest:guest@queue:5672',
    'javascript:alert(1)',
    'http://api..internal',
    'http://.internal',
    'http://api internal',
    'http://api.internal ',
    'http://api.internal\n',
    'http://api.internal\\@evil.test',
    'http://api.internal@evil.test',
    'http://café.test',
    'http://ⓔxample.test',
    'http://999.1.1.1',
    'http://[::1',
    'http://::1',
    'http://[::1]]',
    'http://[::g]',
    'http://[1.2.3.4]',
    'http://%61pi.internal',
    'http://{id}.internal',
    'http://a http://b',
  ])('%j is refused', (entry) => {
    expect(sanitizeHost(entry)).toBeUndefined();
  });

  test('long input costs no time', () => {
    const start = performance.now();
    expect(sanitizeHost(`${'a-'.repeat(50_000)}!`)).toBeUndefined();
    expect(sanitizeHost(`${'a.'.repeat(50_000)}!`)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

test.each(['kafka://', 'amqp://guest:guest@queue:5672/', 'http://api.internal/v1', 'café'])(
  'G02 %j can be used as it stands',
  (entry) => {
    expect(isVerbatimHost(entry)).toBe(true);
  },
);

test.each(['', ' ', 'http://a b', 'http://a\r\nX: y', 'http://a\\b', 'http://a\u0000', '\ud800'])(
  'G02 %j can not be used as it stands',
  (entry) => {
    expect(isVerbatimHost(entry)).toBe(false);
  },
);

test('names of DNS records', () => {
  expect(isRecordName('_http._tcp.api.internal')).toBe(true);
  expect(isRecordName('api')).toBe(true);
  for (const entry of ['', 'http://api', 'a..b', '.a', 'a b', 'a/b', `${'a.'.repeat(130)}a`]) {
    expect(isRecordName(entry)).toBe(false);
  }
});
