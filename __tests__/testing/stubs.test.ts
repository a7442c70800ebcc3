import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../lib/errors.js';
import { createStubTable, failure, reply, runStub } from '../../lib/testing/stubs.js';

function stubFor(stubs: Record<string, unknown>, method: string, url: string): unknown {
  return createStubTable(stubs)(method, url)?.stub;
}

describe('keys', () => {
  test('match host and path, with or without scheme', () => {
    expect(stubFor({ 'users.internal/a': 1 }, 'GET', 'http://users.internal/a')).toBe(1);
    expect(stubFor({ 'https://users.internal:8443/a': 1 }, 'GET', 'https://users.internal:8443/a')).toBe(1);
    expect(stubFor({ 'users.internal/a': 1 }, 'GET', 'http://users.internal/a/b')).toBeUndefined();
    expect(stubFor({ 'users.internal/a': 1 }, 'GET', 'http://usersXinternal/a')).toBeUndefined();
  });

  test('narrow to a method when they name one', () => {
    expect(stubFor({ 'POST h/a': 1 }, 'POST', 'http://h/a')).toBe(1);
    expect(stubFor({ 'POST h/a': 1 }, 'GET', 'http://h/a')).toBeUndefined();
    expect(stubFor({ 'h/a': 1 }, 'DELETE', 'http://h/a')).toBe(1);
  });

  test('take {name} and * as one segment or a part of it, and a last * as the rest', () => {
    const key = 'h/users/{id}/orders/v*';
    expect(stubFor({ [key]: 1 }, 'GET', 'http://h/users/7/orders/v2')).toBe(1);
    expect(stubFor({ [key]: 1 }, 'GET', 'http://h/users/7/8/orders/v2')).toBeUndefined();
    expect(stubFor({ 'h/users/*': 1 }, 'GET', 'http://h/users/7/orders?page=1')).toBe(1);
    expect(stubFor({ '*/users': 1 }, 'GET', 'http://any.host/users')).toBe(1);
  });

  test('look at the query only when they have one', () => {
    expect(stubFor({ 'h/a': 1 }, 'GET', 'http://h/a?x=1')).toBe(1);
    expect(stubFor({ 'h/a?x=1': 1 }, 'GET', 'http://h/a?x=1')).toBe(1);
    expect(stubFor({ 'h/a?x=1': 1 }, 'GET', 'http://h/a?x=2')).toBeUndefined();
    expect(stubFor({ 'h/a?x={x}': 1 }, 'GET', 'http://h/a?x=2')).toBe(1);
    expect(stubFor({ 'h/a?x={x}': 1 }, 'GET', 'http://h/a?x=2&y=3')).toBeUndefined();
  });

  test('without a pattern are tried before those with one, whatever their order', () => {
    const stubs = { 'h/users/{id}': 'any', 'h/users/7': 'seven' };
    expect(stubFor(stubs, 'GET', 'http://h/users/7')).toBe('seven');
    expect(stubFor(stubs, 'GET', 'http://h/users/8')).toBe('any');
  });

  test('hold characters of regular expressions as they are', () => {
    expect(stubFor({ 'h/a(1)+$': 1 }, 'GET', 'http://h/a(1)+$')).toBe(1);
    expect(stubFor({ 'h/a.b': 1 }, 'GET', 'http://h/axb')).toBeUndefined();
  });

  test('that could match no call are refused, all at once', () => {
    const create = () => createStubTable({ 'users.internal': 1, 'get h/a': 1, '/a': 1, 'h/a b': 1, 'h/fine': 1 });
    expect(create).toThrow(ConfigError);
    expect(create).toThrow(/"users\.internal".*"get h\/a".*"\/a".*"h\/a b"/s);
    expect(create).not.toThrow(/fine/);
  });
});

describe('outcomes', () => {
  const request = { method: 'GET', url: 'http://h/a', headers: {}, body: '' };

  test('of plain values are their JSON', async () => {
    expect(await runStub({ a: 1 }, request)).toEqual({ reply: { body: { a: 1 } } });
    expect(await runStub(null, request)).toEqual({ reply: { body: null } });
  });

  test('of functions are what they return, now or later', async () => {
    expect(await runStub(({ url }: { url: string }) => ({ url }), request)).toEqual({
      reply: { body: { url: 'http://h/a' } },
    });
    expect(await runStub(async () => reply({ status: 404 }), request)).toEqual({ reply: { status: 404 } });
    expect(await runStub(() => failure('reset'), request)).toEqual({ failure: 'reset' });
  });

  test('that only look like a reply are values', async () => {
    expect(await runStub({ status: 404, body: 'x' }, request)).toEqual({ reply: { body: { status: 404, body: 'x' } } });
  });
});
