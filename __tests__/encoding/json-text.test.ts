import { describe, expect, test, vi } from 'vitest';
import { json } from '../../lib/encoding/json.js';
import { parseJson } from '../../lib/encoding/json-parse.js';
import { combineTexts, createTextDecoder, createTextFormatter, isText, textOf } from '../../lib/encoding/json-text.js';
import { combiners } from '../../lib/endpoint/combiner.js';
import { createFormatter } from '../../lib/manipulation/formatter.js';
import type { Data } from '../../lib/proxy.js';
import { createRandom } from '../faults/random.js';
import { describeGrowth } from '../support/growth.js';
import { objectText } from '../support/json-values.js';

const deep = combiners.get('deep')!;

interface Options {
  readonly isCollection?: boolean;
  readonly target?: string;
  readonly group?: string;
}

/** Reads a document as text, then puts it under its group. */
function read(text: string, { isCollection = false, target = '', group = '' }: Options = {}): Data | null {
  const decode = createTextDecoder(json.decoder!(isCollection) as never, { isCollection, target });
  const format = createTextFormatter(group, createFormatter({ target, group }));
  return format(decode(Buffer.from(text)) as Data | null);
}

/** The same in the ordinary way. */
function readParsed(text: string, { isCollection = false, target = '', group = '' }: Options = {}): Data | null {
  const data = json.decoder!(isCollection)(Buffer.from(text)) as Data | null;
  return createFormatter({ target, group })?.(data) ?? data;
}

function written(data: Data | null): string {
  if (data === null || !isText(data)) throw new Error('It is no text.');
  return textOf(data).toString();
}

describe('a document stays text', () => {
  test.each<[string, string, Options, string]>([
    ['as it is', '{"a": 1.0}', {}, '{"a": 1.0}'],
    ['without what is around it', ' {"a":1}\n', {}, '{"a":1}'],
    ['under its group', '{"a":1}', { group: 'g' }, '{"g":{"a":1}}'],
    ['under a group that has to be escaped', '{"a":1}', { group: 'g"h' }, '{"g\\"h":{"a":1}}'],
    ['of its target', '{"a":{"b":{"c": 1}},"d":2}', { target: 'a.b' }, '{"c": 1}'],
    ['of its target, under its group', '{"a":{"b":1}}', { target: 'a', group: 'g' }, '{"g":{"b":1}}'],
    ['as a collection', '[1, 2]', { isCollection: true }, '{"collection":[1, 2]}'],
    ['as a collection that nobody announced', '[1]', {}, '{"collection":[1]}'],
    ['as an empty collection, under its group', '[]', { group: 'g' }, '{"g":{"collection":[]}}'],
  ])('%s', (_, text, options, expected) => {
    expect(written(read(text, options))).toBe(expected);
  });

  test.each<[string, string, Options]>([
    ['empty', '{}', {}],
    ['null', 'null', {}],
    ['with a key that comes twice', '{"a":1,"a":2}', {}],
    ['with __proto__', '{"a":{"__proto__":1}}', {}],
    ['whose target is missing', '{"a":1}', { target: 'b', group: 'g' }],
    ['whose target is no object', '{"a":[1]}', { target: 'a' }],
    ['whose target is empty', '{"a":{}}', { target: 'a' }],
    ['a collection with a target', '[{"a":1}]', { target: 'a' }],
    ['with a byte order mark', '\ufeff{"a":1}', {}],
  ])('unless it is %s: then it is parsed as ever', (_, text, options) => {
    const data = read(text, options);
    expect(data !== null && isText(data)).toBe(false);
    expect(data).toEqual(readParsed(text, options));
  });

  test.each([
    ['cut', '{"a":1'],
    ['a value', '7'],
    ['not UTF-8', '{"a":"\udc80"}'],
  ])('and what is %s is complained about by the decoder', (_, text) => {
    const bytes = text.includes('\udc80') ? Buffer.from([0x7b, 0x22, 0x80, 0x22, 0x3a, 0x31, 0x7d]) : Buffer.from(text);
    const decode = json.decoder!(false);
    const decodeText = createTextDecoder(decode, { isCollection: false, target: '' });
    expect(() => decode(bytes)).toThrow();
    expect(() => decodeText(bytes)).toThrow(expect.objectContaining({ name: 'DecodeError' }));
  });
});

describe('documents are joined', () => {
  const neverAsked = vi.fn(deep);
  const join = combineTexts(neverAsked);

  test('in declared order when no key is in two of them', () => {
    const parts = [read('{"a":1}'), read('{"x":1}', { group: 'b' }), read('{"c": 3}')] as Data[];
    expect(written(join(parts))).toBe('{"a":1,"b":{"x":1},"c": 3}');
    expect(neverAsked).not.toHaveBeenCalled();
  });

  test('with those that were parsed', () => {
    const parts = [{ 'e"r': '7', n: [1] }, read('{"a": 1.0}'), {}, { b: 2 }] as Data[];
    expect(written(join(parts))).toBe('{"e\\"r":"7","n":[1],"a": 1.0,"b":2}');
    expect(neverAsked).not.toHaveBeenCalled();
  });

  test.each<[string, string[], Options[]]>([
    ['the same key', ['{"a":{"x":1}}', '{"b":1,"a":{"y":2}}'], []],
    ['the key of a group', ['{"g":1}', '{"a":1}'], [{}, { group: 'g' }]],
    ['the same group', ['{"a":1}', '{"b":1}'], [{ group: 'g' }, { group: 'g' }]],
    ['a key of what was parsed', ['{"a":1,"a":{"x":1}}', '{"a":{"y":2}}'], []],
  ])('by the combiner when two have %s', (_, texts, options) => {
    const parts = texts.map((text, index) => read(text, options[index]) as Data);
    const expected = deep(texts.map((text, index) => readParsed(text, options[index]) as Data));
    const joined = combineTexts(deep)(parts);
    expect(isText(joined)).toBe(false);
    expect(joined).toEqual(expected);
  });

  test('by the combiner when none of them is text', () => {
    const combine = vi.fn(deep);
    expect(combineTexts(combine)([{ a: 1 }, { b: 2 }])).toEqual({ a: 1, b: 2 });
    expect(combine).toHaveBeenCalledOnce();
  });
});

test('M01 ten thousand merges give what they give in the ordinary way', () => {
  const random = createRandom(9);
  let asText = 0;
  for (let turn = 0; turn < 10_000; turn++) {
    const sources = Array.from({ length: random.int(1, 3) }, () => ({
      text: objectText(random, 3),
      options: { group: random.pick(['', '', 'g', 'a']), target: random.pick(['', '', 'a', 'items.a']) },
    }));
    const expected = deep(sources.map(({ text, options }) => readParsed(text, options) as Data));
    const result = combineTexts(deep)(sources.map(({ text, options }) => read(text, options) as Data));
    if (isText(result)) asText++;
    const told = JSON.stringify(sources);
    expect(isText(result) ? parseJson(written(result)) : result, told).toEqual(expected);
  }
  expect(asText).toBeGreaterThan(2_000);
});

describeGrowth('json as text');
