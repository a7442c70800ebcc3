import { describe, expect, test, vi } from 'vitest';
import { readKeySet } from '../../../lib/components/jwt/key-set.js';
import { createFixedKeys } from '../../../lib/components/jwt/key-source.js';
import { parseToken } from '../../../lib/components/jwt/token.js';
import { createVerifier, jose } from '../../../lib/components/jwt/verifier.js';
import { createSigner } from '../../support/jwt.js';

const signer = createSigner();
const FETCHING = { life: 1, cooldown: 1, patience: 1 };

function open() {
  const keys = readKeySet({ keys: [signer.jwk] });
  const source = createFixedKeys(keys);
  return { keys, source, verifier: createVerifier({ source, alg: 'ES256', strategy: 'kid' }) };
}
type Verifier = ReturnType<typeof open>['verifier'];

function verify(verifier: Verifier, text: string) {
  const token = parseToken(text);
  if (token === undefined) throw new Error('it is no token');
  return verifier.verify(verifier.nameOf(text), token, FETCHING);
}

describe('A09 a verified token', () => {
  test('is remembered by a hash, never by its text', async () => {
    const { verifier } = open();
    const text = signer.token({ sub: 'u' });
    const name = verifier.nameOf(text);
    expect(name).toHaveLength(32);
    expect(text).not.toContain(name);
    expect(verifier.recall(name)).toBeUndefined();
    const verified = await verify(verifier, text);
    expect(verifier.recall(name)).toBe(verified);
    verifier.forget(name);
    expect(verifier.recall(name)).toBeUndefined();
  });

  test('is not checked again where only its keys had to be downloaded anew', async () => {
    const { verifier } = open();
    const load = vi.spyOn(jose, 'load');
    const text = signer.token({ sub: 'u' });
    const first = await verify(verifier, text);
    expect([await verify(verifier, text), load.mock.calls.length]).toEqual([first, 1]);
    load.mockRestore();
  });

  test('counts no more once its key has left the set', async () => {
    const { keys, verifier } = open();
    const text = signer.token({ sub: 'u' });
    await verify(verifier, text);
    readKeySet({ keys: [] }, keys);
    expect(verifier.recall(verifier.nameOf(text))).toBeUndefined();
  });

  test('is not remembered where its key left while it was looked at', async () => {
    const { keys, verifier } = open();
    const text = signer.token({ sub: 'u' });
    const verifying = verify(verifier, text);
    readKeySet({ keys: [] }, keys);
    await verifying;
    expect(verifier.recall(verifier.nameOf(text))).toBeUndefined();
  });

  test('makes room for others: what is remembered is bounded', async () => {
    const { verifier } = open();
    const first = signer.token({ sub: 'first', pad: 'x'.repeat(11_000) });
    await verify(verifier, first);
    for (let count = 0; count < 600; count++) await verify(verifier, signer.token({ count, pad: 'x'.repeat(11_000) }));
    expect(verifier.recall(verifier.nameOf(first))).toBeUndefined();
  });
});

test('A07 the same token is verified once for all that come at a time', async () => {
  const { verifier } = open();
  const load = vi.spyOn(jose, 'load');
  const text = signer.token({ sub: 'u' });
  const all = await Promise.all(Array.from({ length: 20 }, () => verify(verifier, text)));
  expect(new Set(all).size).toBe(1);
  expect(load).toHaveBeenCalledTimes(1);
  load.mockRestore();
});

test('what is wrong is not remembered, and is looked at again', async () => {
  const { verifier } = open();
  for (const text of [createSigner().token({}), signer.token({}, { alg: 'HS256' }), signer.token({ exp: 'x' })]) {
    expect(await verify(verifier, text)).toBeUndefined();
    expect(verifier.recall(verifier.nameOf(text))).toBeUndefined();
  }
});

test('a request that finds no keys fails, and the next one is free to try', async () => {
  const { source } = open();
  const failing = { ...source, keys: vi.fn().mockRejectedValueOnce(new Error('none')).mockImplementation(source.keys) };
  const verifier = createVerifier({ source: failing, alg: 'ES256', strategy: 'kid' });
  const text = signer.token({ sub: 'u' });
  await expect(verify(verifier, text)).rejects.toThrow('none');
  expect(await verify(verifier, text)).toMatchObject({ claims: { sub: 'u' } });
});
