import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findKey, fits, type Key, readKeySet } from '../../../lib/components/jwt/key-set.js';
import type { Algorithm } from '../../../lib/components/jwt/options.js';
import { createSigner } from '../../support/jwt.js';

const rsa = createSigner('RS256', 'rsa').jwk;
const ec = createSigner('ES256', 'ec').jwk;
const secret = createSigner('HS256', 'secret').jwk;

describe('a set', () => {
  test('what is no usable key is left out', () => {
    const junk = [null, 7, 'key', [], {}, { kty: 'RSA', n: 'x' }, { kty: 'oct' }, { kty: 'oct', k: 7 }, { kty: 'x' }];
    const keys = readKeySet({ keys: [...junk, rsa, { ...ec, use: 'enc' }, secret] });
    expect(keys.map(({ names: { kid } }) => kid)).toEqual(['rsa', 'secret']);
  });

  test('what is no set is an error without a word of it', () => {
    for (const junk of [null, 'secret', [], {}, { keys: { a: 'secret' } }, Object.create({ keys: [rsa] })]) {
      expect(() => readKeySet(junk)).toThrow('it is no JSON object with a list "keys"');
    }
  });

  test('A09 a later one keeps the keys that are the same and retires the others', () => {
    const first = readKeySet({ keys: [rsa, ec] });
    const second = readKeySet({ keys: [ec, secret] }, first);
    expect(second[0]).toBe(first[1]);
    expect(first.map(({ isRetired }) => isRetired)).toEqual([true, false]);
    const third = readKeySet({ keys: [{ ...createSigner('ES256', 'ec').jwk }] }, second);
    expect(third[0]).not.toBe(second[0]);
    expect(second.map(({ isRetired }) => isRetired)).toEqual([true, true]);
  });
});

describe('A01 a key is for an algorithm', () => {
  const { alg: _, ...any } = rsa;
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

  test.each<[string, object, readonly string[]]>([
    ['that it names', rsa, ['RS256']],
    ['of its kind', any, ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['of its curve', { ...ec, alg: undefined }, ['ES256']],
    ['a secret', { ...secret, alg: undefined }, ['HS256', 'HS384', 'HS512']],
    ['not a secret without a byte', { kty: 'oct', k: '' }, []],
    ['not one that is too short', small, []],
    ['another curve', createSigner('EdDSA').jwk, ['EdDSA']],
  ])('%s', (_title, jwk, algorithms) => {
    const all = ['none', 'EdDSA', 'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'];
    const names = [...all, 'PS256', 'PS384', 'PS512'] as Algorithm[];
    const fitting = readKeySet({ keys: [jwk] }).flatMap((key) => names.filter((alg) => fits(key, alg)));
    expect(fitting).toEqual(algorithms);
  });
});

describe('A02 a key is found by what names it', () => {
  const keys = readKeySet({
    keys: [
      { ...rsa, kid: 'a', x5t: '1', 'x5t#S256': '3' },
      { ...rsa, kid: 'a', x5t: '2' },
      { ...rsa, kid: undefined },
    ],
  });

  test.each<[string, Parameters<typeof findKey>[1], Parameters<typeof findKey>[2], number]>([
    ['kid', { kid: 'a' }, 'kid', 0],
    ['no kid', {}, 'kid', 2],
    ['x5t', { kid: 'b', x5t: '2' }, 'x5t', 1],
    ['both', { kid: 'a', x5t: '2' }, 'kid_x5t', 1],
    ['SHA-256', { 'x5t#S256': '3' }, 'x5t#S256', 0],
    ['another', { kid: 'b' }, 'kid', -1],
    ['both, one wrong', { kid: 'b', x5t: '2' }, 'kid_x5t', -1],
    ['a number', { kid: 1 }, 'kid', -1],
    ['a list', { kid: ['a'] }, 'kid', -1],
    ['a name of the prototype', { kid: '__proto__' }, 'kid', -1],
  ])('%s', (_title, names, strategy, index) => {
    expect(keys.indexOf(findKey(keys, names, strategy, 'RS256') as Key)).toBe(index);
  });
});
