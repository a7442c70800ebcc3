import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createClientKey, type Subject } from '../../../lib/components/rate-limit/client-key.js';

function subject(init: { ip?: string; headers?: IncomingHttpHeaders; params?: Record<string, string> } = {}): Subject {
  return { client: { ip: init.ip ?? '192.0.2.1', headers: init.headers ?? {} }, params: init.params ?? {} };
}

const byIp = createClientKey({ strategy: 'ip', key: '', ipv6Prefix: 64 });
const byHeader = createClientKey({ strategy: 'header', key: 'X-Api-Key', ipv6Prefix: 64 });
const byParam = createClientKey({ strategy: 'param', key: 'tenant', ipv6Prefix: 64 });

test('by address, which is that of the connection whatever headers say', () => {
  const forged = subject({ headers: { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' } });
  expect(byIp(forged)).toBe(byIp(subject()));
  expect(byIp(subject({ ip: '2001:db8::1' }))).toBe(byIp(subject({ ip: '2001:db8::2' })));
  expect(byIp(subject({ ip: '' }))).toBe('');
});

describe('by header', () => {
  test('the same value is the same client, another one another', () => {
    const [one, same, other] = ['a', 'a', 'b'].map((value) => byHeader(subject({ headers: { 'x-api-key': value } })));
    expect(one).toBe(same);
    expect(one).not.toBe(other);
  });

  test('what a guard says of a header counts, and not what the client sent', () => {
    const headers = { 'x-api-key': 'a' };
    const claimed = (value: string | undefined) => ({
      client: { ip: '192.0.2.1', headers, claimed: { 'x-api-key': value } },
      params: {},
    });
    expect(byHeader(claimed('b'))).toBe(byHeader(subject({ headers: { 'x-api-key': 'b' } })));
    expect(byHeader(claimed(undefined))).toBeUndefined();
  });

  test('L04 no header, or an empty one, is nobody', () => {
    expect(byHeader(subject())).toBeUndefined();
    expect(byHeader(subject({ headers: { 'x-api-key': '' } }))).toBeUndefined();
  });

  test('L04 of several lines the first counts', () => {
    const key = createClientKey({ strategy: 'header', key: 'Set-Cookie', ipv6Prefix: 64 });
    expect(key(subject({ headers: { 'set-cookie': ['a', 'b'] } }))).toBe(
      key(subject({ headers: { 'set-cookie': ['a'] } })),
    );
    expect(key(subject({ headers: { 'set-cookie': [] } }))).toBeUndefined();
  });

  test('L04 keys are short, however long the value, and do not give it away', () => {
    const key = byHeader(subject({ headers: { 'x-api-key': 'secret'.repeat(2_000) } }));
    expect(key).toMatch(/^[\w-]{43}$/);
  });

  test('names of object members are ordinary names', () => {
    const key = createClientKey({ strategy: 'header', key: 'constructor', ipv6Prefix: 64 });
    expect(key(subject({ headers: Object.create(null) }))).toBeUndefined();
  });
});

test('by a param of the path', () => {
  const [one, same, other] = ['a', 'a', 'b'].map((tenant) => byParam(subject({ params: { tenant } })));
  expect(one).toBe(same);
  expect(one).not.toBe(other);
  expect(byParam(subject())).toBeUndefined();
});
