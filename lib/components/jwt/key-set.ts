import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { isObject } from '../../core/data.js';
import type { Algorithm, KeyStrategy } from './options.js';

/** What names a key: members of a JWK, or of the header of a token. */
export interface KeyNames {
  readonly kid?: unknown;
  readonly x5t?: unknown;
  readonly 'x5t#S256'?: unknown;
}

/** One key of a set, ready for use. */
export interface Key {
  readonly names: KeyNames;
  /** What the set says of its use; undefined where it says nothing. */
  readonly alg: string | undefined;
  readonly material: KeyObject;
  /** The JWK as it came, to see whether a later set has the same. */
  readonly text: string;
  /** True as soon as a later set is without it: what it has verified counts no more. */
  isRetired: boolean;
}

const SHORTEST_RSA = 2048;
const CURVES: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/**
 * Reads a JWKS. Keys of `earlier` that are in it again stay the same objects, the others are retired. What is no usable key is
 * left out.
 *
 * @throws Error when it is no JWKS; the message says what is wrong and quotes nothing
 */
export function readKeySet(document: unknown, earlier: readonly Key[] = []): readonly Key[] {
  const list = isObject(document) && Object.hasOwn(document, 'keys') ? document['keys'] : undefined;
  if (!Array.isArray(list)) throw new Error('it is no JSON object with a list "keys"');
  const known = new Map(earlier.map((key) => [key.text, key]));
  const keys = list.flatMap((jwk): Key[] => {
    if (!isObject(jwk)) return [];
    const text = JSON.stringify(jwk);
    return present(known.get(text) ?? readKey(jwk, text));
  });
  const kept = new Set(keys);
  for (const key of earlier) if (!kept.has(key)) key.isRetired = true;
  return keys;
}

function present(key: Key | undefined): Key[] {
  return key ? [key] : [];
}

function readKey(jwk: Readonly<Record<string, unknown>>, text: string): Key | undefined {
  const { kty, use, alg, kid, x5t, 'x5t#S256': x5tS256, k } = jwk;
  if (use !== undefined && use !== 'sig') return undefined;
  if (kty === 'oct' && typeof k !== 'string') return undefined;
  try {
    const material =
      kty === 'oct' ? createSecretKey(k as string, 'base64url') : createPublicKey({ key: jwk, format: 'jwk' });
    const names = { kid, x5t, 'x5t#S256': x5tS256 };
    return { names, alg: typeof alg === 'string' ? alg : undefined, material, text, isRetired: false };
  } catch {
    return undefined;
  }
}

/** The key that a token names, if it is one for the algorithm. */
export function findKey(keys: readonly Key[], named: KeyNames, strategy: KeyStrategy, alg: Algorithm): Key | undefined {
  const id = idOf(named, strategy);
  return id === undefined ? undefined : keys.find((key) => fits(key, alg) && idOf(key.names, strategy) === id);
}

/** Undefined where a name is no text. A missing one is the empty one: such a token is for the key without a name. */
function idOf(names: KeyNames, strategy: KeyStrategy): string | undefined {
  const parts = strategy === 'kid_x5t' ? [names.kid, names.x5t] : [names[strategy]];
  if (!parts.every((part) => part === undefined || typeof part === 'string')) return undefined;
  return parts.length === 1 ? (parts[0] ?? '') : JSON.stringify(parts);
}

/** Whether a key is of the kind that an algorithm needs: a public key is never taken for a secret. */
export function fits({ alg: meant, material }: Key, alg: Algorithm): boolean {
  if (meant !== undefined && meant !== alg) return false;
  if (material.type === 'secret') return alg.startsWith('HS') && (material.symmetricKeySize ?? 0) > 0;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = material;
  if (/^[RP]S/.test(alg)) return type === 'rsa' && (details.modulusLength ?? 0) >= SHORTEST_RSA;
  if (alg === 'EdDSA') return type === 'ed25519';
  return type === 'ec' && details.namedCurve === CURVES[alg];
}
