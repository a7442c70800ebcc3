import { expect, test } from 'vitest';
import { ALGORITHMS, validatorSchema } from '../../../lib/components/jwt/options.js';

test('the defaults are those of KrakenD', () => {
  expect(validatorSchema.parse({})).toEqual({
    alg: 'RS256',
    cache: false,
    audience: [],
    roles: [],
    roles_key: 'roles',
    roles_key_is_nested: false,
    scopes: [],
    scopes_matcher: 'any',
    cookie_key: 'access_token',
    auth_header_name: 'Authorization',
    propagate_claims: [],
    propagate_claims_preserve_array: false,
    disable_jwk_security: false,
    jwk_fingerprints: [],
    cipher_suites: [],
    key_identify_strategy: 'kid',
    leeway: 1_000,
    failed_jwk_key_cooldown: 30_000,
    operation_debug: false,
    www_authenticate: false,
  });
});

test('A01 no algorithm means none', () => {
  expect(ALGORITHMS.map((alg) => alg.toLowerCase())).not.toContain('none');
  for (const alg of ['none', '', 'rs256', null]) expect(validatorSchema.safeParse({ alg }).success).toBe(false);
});

test('an empty text is the default where KrakenD reads it so, and refused where it would protect less', () => {
  const empty = {
    roles_key: '',
    cookie_key: '',
    auth_header_name: '',
    jwk_url: '',
    scopes_key: '',
    scopes_matcher: '',
  };
  expect(validatorSchema.parse(empty)).toMatchObject({ roles_key: 'roles', cookie_key: 'access_token' });
  for (const wrong of [{ issuer: '' }, { roles: [''] }, { audience: [''] }, { scopes: [''] }]) {
    expect(validatorSchema.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
  }
});

test('a leeway is a second at least', () => {
  const leeways = ['0s', '10ms', '1s', '5m'].map((leeway) => validatorSchema.parse({ leeway }).leeway);
  expect(leeways).toEqual([1_000, 1_000, 1_000, 300_000]);
});
