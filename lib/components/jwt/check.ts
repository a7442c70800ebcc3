import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { whyNotSent } from '../../config/unforwarded.js';
import { cipherNameOf } from '../../core/cipher-suites.js';
import type { Fault, Scope } from '../component.js';
import { fits, type Key, readKeySet } from './key-set.js';
import { type ValidatorOptions, validatorSchema } from './options.js';
import { jose } from './verifier.js';

const DECRYPT =
  'is not supported: keys are read as they are. Decrypt the file before the start, and name it in "jwk_local_path".';

/** What the schema cannot see. Nothing that protects is left out because an option is wrong. */
export function checkValidator(options: ValidatorOptions, scope: Scope): readonly Fault[] {
  return scope === 'service' ? checkShared(options) : checkEndpoint(options);
}

function checkShared(options: ValidatorOptions): readonly Fault[] {
  const usual: Readonly<Record<string, unknown>> = validatorSchema.parse({});
  const misplaced = Object.entries(options).filter(
    ([key, value]) => key !== 'shared_cache_duration' && !isDeepStrictEqual(value, usual[key]),
  );
  if (misplaced.length > 0) {
    return misplaced.map(([key]) => fault([key], 'belongs to the "auth/validator" of an endpoint; move it there.'));
  }
  if (options.shared_cache_duration !== undefined) return [];
  return [fault([], 'only takes "shared_cache_duration" here, and protects nothing; give endpoints a validator.')];
}

function checkEndpoint(options: ValidatorOptions): readonly Fault[] {
  const { shared_cache_duration, secret_url, cypher_key, scopes, scopes_key: scopesKey } = options;
  const missing = jose.fault();
  return [
    ...when(missing !== undefined, [], missing ?? ''),
    ...when(shared_cache_duration !== undefined, ['shared_cache_duration'], 'belongs to the root; move it there.'),
    ...when(isGiven(secret_url), ['secret_url'], DECRYPT),
    ...when(isGiven(cypher_key), ['cypher_key'], DECRYPT),
    ...when(
      scopes.length > 0 && scopesKey === undefined,
      ['scopes_key'],
      'is missing, so that no scope would be looked at; name the claim, usually "scope".',
    ),
    ...checkPropagation(options),
    ...checkKeys(options),
    ...checkServer(options),
  ];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '';
}

function checkPropagation({ propagate_claims: pairs }: ValidatorOptions): readonly Fault[] {
  return pairs.flatMap(([, header], index) => {
    const name = header.toLowerCase();
    const why = whyNotSent(name);
    const isRepeated = pairs.findIndex((pair) => pair[1].toLowerCase() === name) < index;
    const path = ['propagate_claims', String(index), '1'];
    return [
      ...when(why !== undefined, path, why ?? ''),
      ...when(isRepeated, path, 'is filled by an earlier claim already; name another header.'),
    ];
  });
}

function checkKeys(options: ValidatorOptions): readonly Fault[] {
  const { jwk_url: url, jwk_local_path: file, disable_jwk_security: isUnsafe } = options;
  if (url !== undefined && file !== undefined) {
    return [fault(['jwk_local_path'], 'and "jwk_url" are both given; keep one of them.')];
  }
  if (file !== undefined) return thrown(['jwk_local_path'], () => readLocalKeys(file, options));
  if (url === undefined) {
    return [fault([], 'needs "jwk_url" or "jwk_local_path": without keys no token can be verified.')];
  }
  return when(
    !isUnsafe && !/^https:/i.test(url),
    ['jwk_url'],
    'must begin with https://, since keys from http:// can be exchanged on their way; if you trust that network, set "disable_jwk_security": true.',
  );
}

function checkServer({ cipher_suites: ids, jwk_local_ca: ca }: ValidatorOptions): readonly Fault[] {
  const unknown = ids.flatMap((id, index) =>
    when(
      cipherNameOf(id) === undefined,
      ['cipher_suites', String(index)],
      `${id} is no suite that OpenSSL offers; leave it out.`,
    ),
  );
  return ca === undefined ? unknown : [...unknown, ...thrown(['jwk_local_ca'], () => readAuthority(ca))];
}

/** @throws Error with the sentence for a `ConfigError` */
export function readLocalKeys(file: string, { alg }: ValidatorOptions): readonly Key[] {
  const text = readText(file);
  let keys: readonly Key[];
  try {
    keys = readKeySet(JSON.parse(text));
  } catch {
    throw new Error('is no set of keys; give the path of a JSON file with a list "keys".');
  }
  if (keys.some((key) => fits(key, alg))) return keys;
  throw new Error(`has no key for ${alg}; add one, or name the algorithm of its keys in "alg".`);
}

/** @throws Error with the sentence for a `ConfigError` */
export function readAuthority(file: string): string {
  const text = readText(file);
  if (text.includes('-----BEGIN ')) return text;
  throw new Error('is no PEM file; convert it with openssl.');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error('cannot be read; give the path of a readable file.');
  }
}

function thrown(path: readonly string[], attempt: () => unknown): readonly Fault[] {
  try {
    attempt();
    return [];
  } catch (error) {
    return [fault(path, error instanceof Error ? error.message : 'cannot be used.')];
  }
}

function when(isWrong: boolean, path: readonly string[], message: string): readonly Fault[] {
  return isWrong ? [fault(path, message)] : [];
}

function fault(path: readonly string[], message: string): Fault {
  return { path, message };
}
