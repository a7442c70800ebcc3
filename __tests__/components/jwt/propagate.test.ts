import { describe, expect, test } from 'vitest';
import { validatorSchema } from '../../../lib/components/jwt/options.js';
import { createPropagation, isLetIn } from '../../../lib/components/jwt/propagate.js';
import type { RequestHead } from '../../../lib/proxy.js';
import { backendConfig } from '../../support/backend-config.js';
import { componentScope } from '../../support/component-scope.js';
import { headersOf } from '../../support/requests.js';

type Pairs = readonly (readonly [string, string])[];

function open(pairs: Pairs, { input = ['*'], pattern = '/a', preserve = false } = {}) {
  const { endpoint } = componentScope();
  return createPropagation(
    {
      ...endpoint,
      input_headers: input,
      backend: [backendConfig({ pattern })],
    },
    validatorSchema.parse({ propagate_claims: pairs, propagate_claims_preserve_array: preserve }),
  );
}

function headWith(headers: Record<string, string>): RequestHead {
  return Object.freeze({
    method: 'GET',
    path: '/x',
    params: Object.freeze({ id: '7' }),
    query: [],
    headers: Object.freeze(headersOf(headers)),
    signal: new AbortController().signal,
    client: Object.freeze({ ip: '192.0.2.1', headers: Object.freeze({ ...headers }) }),
  });
}

function pass(
  propagation: ReturnType<typeof open>,
  claims: Record<string, unknown>,
  sent: Record<string, string> = {},
) {
  const filled = propagation.fill(claims);
  return filled && propagation.apply(headWith(sent), filled);
}

describe('headers', () => {
  test('A08 hold the claim and never what the client sent', () => {
    const propagation = open([
      ['sub', 'X-User'],
      ['admin', 'X-Admin'],
    ]);
    const sent = { 'x-user': 'root', x_user: 'root', 'x-admin': 'yes', x_admin: 'yes', 'x-other': 'b' };
    expect(pass(propagation, { sub: 'u' }, sent)).toMatchObject({
      headers: headersOf({ 'x-other': 'b', 'x-user': 'u' }),
      client: { ip: '192.0.2.1', headers: sent, claimed: { 'x-user': 'u', 'x-admin': undefined } },
      personal: ['x-user', 'x-admin'],
    });
    expect(Object.keys(pass(propagation, {}, sent)?.headers ?? {})).toEqual(['x-other']);
  });

  test('reach backends only where the endpoint lets them in', () => {
    const propagation = open([['sub', 'X-User']], { input: ['x-other'] });
    const { headers, client, personal } = pass(propagation, { sub: 'u' }) ?? {};
    expect([headers, client?.claimed, personal]).toEqual([headersOf({}), { 'x-user': 'u' }, []]);
    const { endpoint } = componentScope();
    expect(isLetIn('x-user', { ...endpoint, input_headers: ['x-user'] })).toBe(true);
    expect(isLetIn('x-user', endpoint)).toBe(false);
  });

  test('lists are joined, or kept by option', () => {
    const claims = { list: ['a', 2] };
    expect(pass(open([['list', 'X-List']]), claims)?.headers).toEqual(headersOf({ 'x-list': 'a,2' }));
    const kept = pass(open([['list', 'X-List']], { preserve: true }), claims);
    expect(kept?.headers).toEqual(headersOf({ 'x-list': ['a', '2'] }));
    expect(kept?.client.claimed).toEqual({ 'x-list': 'a,2' });
  });

  test('are bytes of UTF-8 on the wire', () => {
    const { headers } = pass(open([['name', 'X-Name']]), { name: 'José 日' }) ?? {};
    expect(Buffer.from(String(headers?.['x-name']), 'latin1').toString('utf8')).toBe('José 日');
  });

  test('A08 of a claim with control characters are refused', () => {
    for (const value of ['a\r\nX-Admin: 1', 'a\nb', 'a\u0000', 'a\u007f', ['a', 'b\r'], { a: ['b'], c: 'd' }]) {
      const filled = open([['sub', 'X-User']], { preserve: true }).fill({ sub: value });
      expect(filled !== undefined, JSON.stringify(value)).toBe(typeof value === 'object' && !Array.isArray(value));
    }
  });
});

test('params are those that a backend asks for, beside the ones of the path', () => {
  const propagation = open([], { pattern: '/u/{id}/{JWT.sub}/{JWT.a.b}' });
  expect(pass(propagation, { sub: 'u', a: { b: 3 }, secret: 's' })?.params).toEqual({
    id: '7',
    'JWT.sub': 'u',
    'JWT.a.b': '3',
  });
  expect(pass(propagation, {})?.params).toEqual({ id: '7' });
});

test('without any the request is what it was, and has its user', () => {
  const head = headWith({ 'x-a': '1' });
  const propagation = open([]);
  const filled = propagation.fill({ sub: 'u' });
  const { user, headers, params, client } = filled ? propagation.apply(head, filled) : head;
  expect([user, headers, params, client]).toEqual([{ sub: 'u' }, head.headers, head.params, head.client]);
  expect(headers).toBe(head.headers);
});
