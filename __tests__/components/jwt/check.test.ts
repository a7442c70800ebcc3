import { describe, expect, test } from 'vitest';
import { checkValidator, readAuthority, readLocalKeys } from '../../../lib/components/jwt/check.js';
import { validatorSchema } from '../../../lib/components/jwt/options.js';
import { createSigner } from '../../support/jwt.js';
import { temporaryFile } from '../../support/temporary-file.js';

const signer = createSigner();
const file = temporaryFile('keys.json', JSON.stringify({ keys: [signer.jwk] }));
const junk = temporaryFile('junk.json', '{"keys": "c2VjcmV0"');
const GOOD = { alg: 'ES256', jwk_local_path: file };

function faultsOf(options: object, scope: 'service' | 'endpoint' = 'endpoint') {
  return checkValidator(validatorSchema.parse(options), scope).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}

test('a sound one has no faults', () => {
  expect(faultsOf(GOOD)).toEqual([]);
  expect(faultsOf({ jwk_url: 'https://keys.test/' })).toEqual([]);
  expect(faultsOf({ jwk_url: 'http://keys.test/', disable_jwk_security: true, secret_url: '' })).toEqual([]);
});

test.each<[string, object, string]>([
  ['no source of keys', {}, ': needs "jwk_url" or "jwk_local_path"'],
  ['two sources', { ...GOOD, jwk_url: 'https://keys.test/' }, 'jwk_local_path: and "jwk_url" are both given'],
  ['http:// without the switch', { jwk_url: 'http://keys.test/' }, 'jwk_url: must begin with https://'],
  ['HTTP:// without the switch', { jwk_url: 'HTTP://keys.test/' }, 'jwk_url: must begin with https://'],
  ['a file that is not there', { jwk_local_path: '/no/such/file' }, 'jwk_local_path: cannot be read'],
  ['a file that is no set', { jwk_local_path: junk }, 'jwk_local_path: is no set of keys'],
  ['a file without a key for it', { jwk_local_path: file }, 'jwk_local_path: has no key for RS256'],
  ['scopes without their claim', { ...GOOD, scopes: ['r'] }, 'scopes_key: is missing'],
  ['an encrypted file', { ...GOOD, secret_url: 'awskms:///x' }, 'secret_url: is not supported'],
  ['a key for it', { ...GOOD, cypher_key: 'x' }, 'cypher_key: is not supported'],
  ['a suite that is none', { ...GOOD, cipher_suites: [4865, 7] }, 'cipher_suites.1: 7 is no suite'],
  ['an authority that is none', { ...GOOD, jwk_local_ca: file }, 'jwk_local_ca: is no PEM file'],
  ['a header that never passes', { ...GOOD, propagate_claims: [['a', 'Host']] }, 'propagate_claims.0.1: never passes'],
  [
    'a header that is filled twice',
    {
      ...GOOD,
      propagate_claims: [
        ['a', 'X-A'],
        ['b', 'x-a'],
      ],
    },
    'propagate_claims.1.1: is filled by an earlier claim',
  ],
  ['a shared duration', { ...GOOD, shared_cache_duration: 1 }, 'shared_cache_duration: belongs to the root'],
])('%s is a fault', (_title, options, sentence) => {
  const faults = faultsOf(options);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(sentence);
});

test('all faults are found at once', () => {
  expect(faultsOf({ scopes: ['r'], jwk_local_path: junk, cipher_suites: [7] })).toHaveLength(3);
});

describe('at service level', () => {
  test('only a duration stands there', () => {
    expect(faultsOf({ shared_cache_duration: 60 }, 'service')).toEqual([]);
    expect(faultsOf({}, 'service')).toEqual([expect.stringContaining('protects nothing')]);
    const misplaced = faultsOf({ ...GOOD, roles: ['a'], shared_cache_duration: 60 }, 'service');
    expect(misplaced.map((text) => text.split(':')[0])).toEqual(['alg', 'jwk_local_path', 'roles']);
  });
});

test('A06 what is read wrong is not quoted', () => {
  const options = validatorSchema.parse(GOOD);
  for (const read of [() => readLocalKeys(junk, options), () => readAuthority(junk)]) {
    expect(read).toThrow(/^is no /);
    expect(read).not.toThrow('c2VjcmV0');
  }
});
