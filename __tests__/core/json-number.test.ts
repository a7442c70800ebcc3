import { describe, expect, test } from 'vitest';
import { isJsonNumber, JsonNumber, stringifyJson } from '../../lib/core/json-number.js';

describe('JsonNumber', () => {
  test('is the nearest number in arithmetic and its own text in texts', () => {
    const price = new JsonNumber('19.90');
    expect(Number(price) * 2).toBeCloseTo(39.8);
    expect(`${price}`).toBe('19.90');
    expect(String(price)).toBe('19.90');
    expect(price.text).toBe('19.90');
    expect(new JsonNumber('1e400').valueOf()).toBe(Number.POSITIVE_INFINITY);
  });

  test('cannot be changed', () => {
    const id = new JsonNumber('12345678901234567890');
    expect(() => Object.assign(id, { text: '1' })).toThrow(TypeError);
    expect(id.text).toBe('12345678901234567890');
  });

  test.each(['', ' 1', '1 ', '01', '+1', '.5', '5.', '1e', '0x10', 'NaN', 'Infinity', '1_000', '1"', '1,2', '--1'])(
    'refuses %j, which JSON does not write',
    (text) => {
      expect(() => new JsonNumber(text)).toThrow(TypeError);
    },
  );

  test('is told from everything else', () => {
    expect(isJsonNumber(new JsonNumber('1.0'))).toBe(true);
    for (const other of [1, '1.0', null, undefined, { text: '1.0' }, new Number(1)])
      expect(isJsonNumber(other)).toBe(false);
  });

  test('is a plain number for everybody else’s JSON.stringify', () => {
    expect(JSON.stringify({ a: new JsonNumber('1.0'), b: new JsonNumber('1e400') })).toBe('{"a":1,"b":null}');
  });
});

describe('stringifyJson', () => {
  test('B04 writes each JsonNumber as the literal it holds, wherever a function put it', () => {
    const long = new JsonNumber('12345678901234567890');
    const value = {
      id: long,
      list: [long, [new JsonNumber('-0')]],
      plain: 1.5,
      text: '1.0',
      nested: { e: new JsonNumber('1E400') },
    };
    expect(stringifyJson(value)).toBe(
      '{"id":12345678901234567890,"list":[12345678901234567890,[-0]],"plain":1.5,"text":"1.0","nested":{"e":1E400}}',
    );
    expect(stringifyJson(long)).toBe('12345678901234567890');
  });

  test('writes what JSON.stringify writes where there is no JsonNumber', () => {
    for (const value of [null, 0, 'a"b\u2028\ud800', [1, [], {}], { a: { b: true } }, new Date(0)]) {
      expect(stringifyJson(value)).toBe(JSON.stringify(value));
    }
  });

  test('writes null for what JSON has no text for', () => {
    expect(stringifyJson(undefined)).toBe('null');
    expect(stringifyJson(Symbol('x'))).toBe('null');
  });

  test('keeps the literal where an object nests one JSON text in another', () => {
    const wrapper = { toJSON: () => JSON.stringify({ n: new JsonNumber('1.0') }) };
    const text = stringifyJson({ wrapper });
    expect(JSON.parse(JSON.parse(text).wrapper)).toEqual({ n: 1 });
    expect(text).toBe('{"wrapper":"{\\"n\\":1.0}"}');
  });

  test('writes plain numbers again after a value that threw', () => {
    const cycle: Record<string, unknown> = { n: new JsonNumber('1.0') };
    cycle['self'] = cycle;
    expect(() => stringifyJson(cycle)).toThrow(TypeError);
    expect(JSON.stringify(new JsonNumber('1.0'))).toBe('1');
  });
});
