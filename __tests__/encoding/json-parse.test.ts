import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { JsonNumber, stringifyJson } from '../../lib/core/json-number.js';
import { parseJson } from '../../lib/encoding/json-parse.js';
import { DecodeError } from '../../lib/errors.js';
import { parseText, printText, withoutProto } from '../faults/json-text.js';
import { createRandom } from '../faults/random.js';
import { jsonText, numberText } from '../support/json-values.js';

function nested(depth: number, open = '[', close = ']'): string {
  return open.repeat(depth) + (open.endsWith(':') ? '1' : '') + close.repeat(depth);
}

describe('B04 numbers', () => {
  test('are plain where a JavaScript number writes the same text', () => {
    expect(parseJson('[0,1,-1,1.5,19.99,9007199254740991,0.000001,1e+21,2.141592653589793]')).toStrictEqual([
      0, 1, -1, 1.5, 19.99, 9007199254740991, 0.000001, 1e21, 2.141592653589793,
    ]);
  });

  test.each([
    '1.0',
    '0.10',
    '-0',
    '1e5',
    '1E400',
    '9007199254740993',
    '12345678901234567890',
    '0.0000001',
    '0.1000000000000000055',
  ])('keep their text where it would change: %s', (token) => {
    expect(parseJson(`{"a":[${token}]}`)).toEqual({ a: [new JsonNumber(token)] });
    expect(parseJson(token)).toEqual(new JsonNumber(token));
    expect(stringifyJson(parseJson(`{"a":${token}}`))).toBe(`{"a":${token}}`);
  });

  test('100,000 random numbers come out as they went in', () => {
    const random = createRandom(4);
    for (let turn = 0; turn < 1_000; turn++) {
      const tokens = Array.from({ length: 100 }, () => numberText(random));
      const text = `{"numbers":[${tokens.join(',')}]}`;
      expect(stringifyJson(parseJson(text))).toBe(text);
    }
  });

  test('in strings and keys are text', () => {
    const text = '{"1.0":"1.0","a":[" 1e5,"," -0 ","12345678901234567890"],"b":1.0}';
    expect(stringifyJson(parseJson(text))).toBe(text);
  });

  test('survive next to strings that look like what the parser works with', () => {
    const text = '{"a":"\u007f","b":"\u007f#0","c":1.0,"d":["\u007f0"]}';
    expect(stringifyJson(parseJson(text))).toBe(text);
  });
});

describe('B05 depth', () => {
  test('1,000 levels are read, with and without exact numbers', () => {
    expect(stringifyJson(parseJson(nested(1_000)))).toBe(nested(1_000));
    const mixed = `${'{"a":['.repeat(500)}1.0${']}'.repeat(500)}`;
    expect(stringifyJson(parseJson(mixed))).toBe(mixed);
  });

  test.each([
    ['1,001 arrays', nested(1_001)],
    ['1,001 objects', nested(1_001, '{"a":', '}')],
    ['1,001 levels around an exact number', `${'['.repeat(1_001)}1.0${']'.repeat(1_001)}`],
    ['1,001 levels below __proto__', `{"a":1,"b":${nested(1_000, '{"__proto__":', '}')}}`],
    ['10,000 arrays', nested(10_000)],
    ['10,000 objects', nested(10_000, '{"a":', '}')],
    ['10,000 in turns', `${'[{"a":'.repeat(5_000)}1${'}]'.repeat(5_000)}`],
    ['1,000,000 arrays', nested(1_000_000)],
    ['1,000,000 arrays around -0', `${'['.repeat(1_000_000)}-0${']'.repeat(1_000_000)}`],
  ])('%s are refused, inside an AsyncLocalStorage too', (_, text) => {
    const storage = new AsyncLocalStorage<string>();
    storage.run('request', () => {
      expect(() => parseJson(text)).toThrow(DecodeError);
      expect(() => parseJson(text)).toThrow('it is nested deeper than 1000 levels');
    });
  });
});

describe('B06 keys', () => {
  test.each([
    ['{"__proto__":{"polluted":1},"a":1}', '{"a":1}'],
    ['{"a":[{"__proto__":1,"b":{"__proto__":null}}]}', '{"a":[{"b":{}}]}'],
    ['{"\\u005f_proto__":1}', '{}'],
    ['{"__\\u0070roto__":{"a":1},"n":1.0}', '{"n":1.0}'],
    ['{"__proto__":1,"__proto__":{"polluted":2},"b":2}', '{"b":2}'],
  ])('%s is read as %s', (text, expected) => {
    const value = parseJson(text);
    expect(stringifyJson(value)).toBe(expected);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('constructor, prototype and toString are plain data', () => {
    const text =
      '{"constructor":{"prototype":{"polluted":1}},"toString":"text","hasOwnProperty":1,"valueOf":{"a":1.0}}';
    expect(stringifyJson(parseJson(text))).toBe(text);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('of duplicates the last one wins; numeric ones come first, as in every JavaScript object', () => {
    expect(stringifyJson(parseJson('{"b":1,"a":1.0,"b":2.0,"10":1,"2":2}'))).toBe('{"2":2,"10":1,"b":2.0,"a":1.0}');
  });
});

describe('B03 random documents', () => {
  test('equal what an independent parser makes of them', () => {
    const random = createRandom(3);
    for (let turn = 0; turn < 5_000; turn++) {
      const text = jsonText(random);
      expect(stringifyJson(parseJson(text)), text).toBe(printText(withoutProto(parseText(text))));
    }
  });

  test('broken at random are refused exactly where JSON.parse refuses them', () => {
    const random = createRandom(5);
    let refused = 0;
    for (let turn = 0; turn < 20_000; turn++) {
      const text = damage(jsonText(random), random.int(0, 3));
      const expected = attempt(() => void JSON.parse(text));
      const actual = attempt(() => void parseJson(text));
      expect(actual === undefined, text).toBe(expected === undefined);
      if (actual) {
        refused++;
        expect(actual).toBeInstanceOf(DecodeError);
      }
    }
    expect(refused).toBeGreaterThan(5_000);

    function damage(text: string, kind: number): string {
      const at = random.int(0, text.length);
      if (kind === 0) return text.slice(0, at);
      if (kind === 1) return text.slice(0, at) + text.slice(at + 1);
      const piece = random.pick(['"', ',', ':', '[', ']', '{', '}', '-', '.', 'e', '0', '1.0', '\\', ' ', '\0', 'x']);
      return text.slice(0, at) + piece + text.slice(kind === 2 ? at : at + 1);
    }
  });
});

function attempt(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}
