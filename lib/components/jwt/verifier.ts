import { hash } from 'node:crypto';
import { createLru } from '../../core/lru.js';
import { lazyPeer } from '../../core/peer.js';
import { readValidity, type Validity } from './claims.js';
import { findKey, type Key } from './key-set.js';
import type { KeySource } from './key-source.js';
import type { Algorithm, KeyStrategy } from './options.js';
import type { Claims, ParsedToken } from './token.js';

export const jose = lazyPeer('jose', 'The component "auth/validator"', () => import('jose'));

/** A token whose signature was found right. */
export interface VerifiedToken {
  readonly claims: Claims;
  readonly validity: Validity;
  readonly key: Key;
}

/** How one endpoint wants keys to be fetched. Milliseconds. */
export interface Fetching {
  /** How long keys are good. */
  readonly life: number;
  /** Pause between downloads for unknown key ids. */
  readonly cooldown: number;
  /** How long a request waits for keys. */
  readonly patience: number;
}

/** Checks signatures with the keys of one source, and remembers the tokens that had a right one. */
export interface Verifier {
  /** What a token is remembered by. Never the token itself. */
  nameOf(token: string): string;
  /** A token that was verified before, and whose key still counts. */
  recall(name: string): VerifiedToken | undefined;
  forget(name: string): void;
  /** Undefined where no key fits, or the signature is wrong. Rejects when there are no keys yet. */
  verify(name: string, token: ParsedToken, fetching: Fetching): Promise<VerifiedToken | undefined>;
}

export interface VerifierOptions {
  readonly source: KeySource;
  readonly alg: Algorithm;
  readonly strategy: KeyStrategy;
}

/** Bytes of token text; what is remembered of a token takes two to three times as much. */
const MEMORY = { maxBytes: 8 * 1024 * 1024, maxItems: 20_000 };

export function createVerifier({ source, alg, strategy }: VerifierOptions): Verifier {
  const remembered = createLru<VerifiedToken>(MEMORY);
  const underWay = new Map<string, Promise<VerifiedToken | undefined>>();

  async function verifyOnce(
    name: string,
    token: ParsedToken,
    { life, cooldown, patience }: Fetching,
  ): Promise<VerifiedToken | undefined> {
    const { text, names, claims } = token;
    const validity = readValidity(claims);
    if (token.alg !== alg || validity === undefined) return undefined;
    const keys = await source.keys(life, patience);
    // It was remembered, and only the keys were too old to believe that.
    const known = recall(name);
    if (known) return known;
    const key =
      findKey(keys, names, strategy, alg) ?? findKey(await source.renew(cooldown, patience), names, strategy, alg);
    if (key === undefined || !(await isSignedBy(text, key, alg))) return undefined;
    const verified = { claims, validity, key };
    // Its key may have left the set in the meantime.
    if (!key.isRetired) remembered.set(name, verified, text.length);
    return verified;
  }

  function recall(name: string): VerifiedToken | undefined {
    const verified = remembered.get(name);
    if (verified === undefined || !verified.key.isRetired) return verified;
    remembered.delete(name);
    return undefined;
  }

  return {
    // The cheapest text that Node makes of it: nothing but this Map ever sees it.
    nameOf: (token) => hash('sha256', token, 'binary'),
    recall,
    forget(name) {
      remembered.delete(name);
    },
    verify(name, token, fetching) {
      const others = underWay.get(name);
      if (others) return others;
      const verifying = verifyOnce(name, token, fetching).finally(() => underWay.delete(name));
      underWay.set(name, verifying);
      return verifying;
    },
  };
}

async function isSignedBy(token: string, { material }: Key, alg: Algorithm): Promise<boolean> {
  const { compactVerify } = await jose.load();
  try {
    await compactVerify(token, material, { algorithms: [alg] });
    return true;
  } catch {
    return false;
  }
}
