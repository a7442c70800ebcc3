import { isUtf8 } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import { findMembers, findMembersOf, isPlainArray, isSameText } from '../../lib/encoding/json-members.js';
import { createRandom } from '../faults/random.js';
import { JSON_CASES } from '../support/json-cases.js';
import { objectText } from '../support/json-values.js';

function keysOf(text: string): string[] | undefined {
  const bytes = Buffer.from(text);
  const members = findMembers(bytes);
  if (members === undefined) return undefined;
  const { keys } = members;
  return keys.flatMap((start, index) => (index % 2 === 0 ? [bytes.toString('utf8', start, keys[index + 1])] : []));
}

function textBetween(text: string): string | undefined {
  const members = findMembers(Buffer.from(text));
  return members && text.slice(members.start, members.end);
}

/** Whether one of the two scans takes a text. They rely on its being UTF-8. */
function isTaken(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  return findMembers(bytes) !== undefined || isPlainArray(bytes);
}

describe('findMembers', () => {
  test.each([
    ['{}', ''],
    [' {"a":1}\n', '"a":1'],
    ['{ "a" : [1, {"b":2}] , "c":"}" }', ' "a" : [1, {"b":2}] , "c":"}" '],
  ])('finds what is between the braces of %s', (text, expected) => {
    expect(textBetween(text)).toBe(expected);
  });

  test('finds the keys of the object itself and of none further in', () => {
    expect(keysOf('{"a":{"x":1,"y":{"z":2}},"é":[{"w":1}],"":0}')).toEqual(['a', 'é', '']);
  });

  test.each([
    ['an array', '[1]'],
    ['a value', '1'],
    ['nothing', ''],
    ['two documents', '{"a":1}{"b":2}'],
    ['a key that comes twice', '{"a":1,"b":2,"a":3}'],
    ['a key that comes twice further in', '{"a":[{"b":1,"b":1}]}'],
    ['__proto__', '{"__proto__":1}'],
    ['__proto__ further in', '{"a":{"__proto__":1}}'],
    ['a key with an escape', '{"\\u0061":1}'],
    ['more keys than it compares', `{${Array.from({ length: 65 }, (_, index) => `"k${index}":0`).join(',')}}`],
    ['too many levels', `${'{"a":'.repeat(1_001)}0${'}'.repeat(1_001)}`],
    ['a byte order mark', '\ufeff{"a":1}'],
  ])('steps aside for %s', (_, text) => {
    expect(findMembers(Buffer.from(text))).toBeUndefined();
  });

  test('takes as many keys and levels as are allowed', () => {
    expect(keysOf(`{${Array.from({ length: 64 }, (_, index) => `"k${index}":0`).join(',')}}`)).toHaveLength(64);
    expect(keysOf(`${'{"a":'.repeat(1_000)}0${'}'.repeat(1_000)}`)).toEqual(['a']);
  });

  test('the same name in other objects is no repetition', () => {
    expect(keysOf('{"id":1,"a":{"id":2,"b":{"id":3}},"c":[{"id":4},{"id":5}]}')).toEqual(['id', 'a', 'c']);
  });
});

test('isPlainArray takes arrays alone', () => {
  expect(['[]', ' [1,{"a":[]}] ', '["]"]'].map((text) => isPlainArray(Buffer.from(text)))).toEqual([true, true, true]);
  expect(['{}', '[1', '[1,]', '[{"a":1,"a":2}]'].map((text) => isPlainArray(Buffer.from(text)))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

describe('findMembersOf', () => {
  const bytes = Buffer.from('{"a":{"b" : { "c":1 , "d":2},"e":[1]},"f":2}');
  function at(...path: string[]): string | undefined {
    let members = findMembers(bytes);
    for (const key of path) members = members && findMembersOf(bytes, members, Buffer.from(key));
    return members && bytes.toString('utf8', members.start, members.end);
  }

  test('finds objects on a path', () => {
    expect(at('a')).toBe('"b" : { "c":1 , "d":2},"e":[1]');
    expect(at('a', 'b')).toBe(' "c":1 , "d":2');
  });

  test('finds nothing else', () => {
    expect([at('x'), at('f'), at('a', 'e'), at('a', 'b', 'c'), at('b')]).toEqual(Array(5).fill(undefined));
  });
});

test('isSameText compares lengths and bytes', () => {
  const [one, other] = [Buffer.from('xabcx'), Buffer.from('abcabd')];
  expect(isSameText(one, 1, 4, other, 0, 3)).toBe(true);
  expect(isSameText(one, 1, 4, other, 3, 6)).toBe(false);
  expect(isSameText(one, 1, 4, other, 0, 2)).toBe(false);
});

describe('what is taken is JSON', () => {
  const refused = Object.entries(JSON_CASES.n).map(([title, text]) => [title, Buffer.from(text as string)] as const);
  test.each(refused)('B01 not taken: %s', (_, bytes) => {
    expect(isTaken(bytes)).toBe(false);
  });

  test('B01 of 200,000 broken documents those that are taken are what a parser takes as well', () => {
    const random = createRandom(5);
    const alphabet = Array.from('{}[]",:\\u0019eE+-.tfn \n\u0001a');
    let taken = 0;
    for (let turn = 0; turn < 200_000; turn++) {
      let text = objectText(random);
      for (let fault = random.int(0, 2); fault > 0; fault--) {
        const at = random.int(0, text.length);
        const cut = random.int(0, 2);
        text = text.slice(0, at) + (random.chance(0.6) ? random.pick(alphabet) : '') + text.slice(at + cut);
      }
      const bytes = Buffer.from(text);
      if (!isTaken(bytes)) continue;
      taken++;
      const keys = keysOf(text);
      const value = parseOrThrow(text);
      if (keys) expect([...keys].sort(), text).toEqual(Object.keys(value as object).sort());
    }
    expect(taken).toBeGreaterThan(20_000);
  });
});

function parseOrThrow(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`taken although it is not JSON: ${text}`);
  }
}
