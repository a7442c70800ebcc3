import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../lib/core/json-number.js';
import { json } from '../../lib/encoding/json.js';
import { createTextDecoder } from '../../lib/encoding/json-text.js';
import { MAX_DEPTH, MAX_YAML_DEPTH } from '../../lib/encoding/limits.js';
import { rss } from '../../lib/encoding/rss.js';
import { xml } from '../../lib/encoding/xml.js';
import { yaml } from '../../lib/encoding/yaml.js';
import { combiners } from '../../lib/endpoint/combiner.js';
import { createFormatter } from '../../lib/manipulation/formatter.js';
import type { Data } from '../../lib/proxy.js';

function objects(depth: number, leaf = '1'): string {
  return '{"a":'.repeat(depth) + leaf + '}'.repeat(depth);
}

function arrays(depth: number, leaf = '1'): string {
  return '['.repeat(depth) + leaf + ']'.repeat(depth);
}

function dataOf(depth: number, leaf: unknown = 1): Data {
  let data: unknown = leaf;
  for (let level = 0; level < depth; level++) data = { a: data };
  return data as Data;
}

/** How many calls fit into the stack. */
function measureStack(): number {
  let calls = 0;
  function goDown(): void {
    calls += 1;
    goDown();
  }
  try {
    goDown();
  } catch {
    // It is full.
  }
  return calls;
}

/** What is done when the callers have taken a good part of the stack, as other middleware may. */
function withTwoFifthsGone<T>(action: () => T): T {
  function goDown(calls: number): { readonly result: T } {
    return calls === 0 ? { result: action() } : { result: goDown(calls - 1).result };
  }
  return goDown(Math.floor(measureStack() * 0.4)).result;
}

const OPTIONS = { accept: undefined };
const FULL = MAX_DEPTH;

describe('B05 documents of the greatest depth do not fill the stack', () => {
  const decodeJson = json.decoder!(false);
  const elements = '<x:a>'.repeat(FULL - 3) + '</x:a>'.repeat(FULL - 3);

  test.each<[string, () => unknown]>([
    ['objects of JSON', () => decodeJson(Buffer.from(objects(FULL)))],
    ['arrays of JSON', () => decodeJson(Buffer.from(arrays(FULL)))],
    ['objects of JSON around an exact number', () => decodeJson(Buffer.from(objects(FULL, '0.10')))],
    ['arrays of JSON around an exact number', () => decodeJson(Buffer.from(arrays(FULL, '0.10')))],
    ['JSON that stays text', () => textDecoder()(Buffer.from(objects(FULL)))],
    ['XML', () => xml.decoder!(false)(Buffer.from('<a>'.repeat(FULL) + '</a>'.repeat(FULL)))],
    [
      'extensions of a feed',
      () => rss.decoder!(false)(Buffer.from(`<rss><channel><item>${elements}</item></channel></rss>`)),
    ],
  ])('reading %s', (_, decode) => {
    expect(withTwoFifthsGone(decode)).toBeTypeOf('object');
  });

  test.each<[string, () => unknown, string]>([
    ['JSON', () => json.encode!(dataOf(FULL), OPTIONS), objects(FULL)],
    [
      'JSON with an exact number',
      () => json.encode!(dataOf(FULL, new JsonNumber('0.10')), OPTIONS),
      objects(FULL, '0.10'),
    ],
    ['XML', () => xml.encode!(dataOf(FULL), OPTIONS), `${'<a>'.repeat(FULL)}1${'</a>'.repeat(FULL)}`],
    [
      'lists as XML',
      () => xml.encode!({ a: 0, b: JSON.parse(arrays(FULL - 1)) }, OPTIONS),
      `<doc><a>0</a>${'<b>'.repeat(FULL - 1)}1${'</b>'.repeat(FULL - 1)}</doc>`,
    ],
  ])('writing %s', (_, encode, text) => {
    const { body } = withTwoFifthsGone(encode) as { body: string | Buffer };
    expect(String(body)).toBe(text);
  });

  test('writing YAML', () => {
    const { body } = withTwoFifthsGone(() => yaml.encode!(dataOf(FULL), OPTIONS)) as { body: string };
    expect(body).toContain(objects(FULL - 16));
  });

  test.each(['deep', 'concat'])('merging with the combiner "%s"', (name) => {
    const parts = [dataOf(FULL, [1]), dataOf(FULL, [2]), dataOf(FULL, [3])];
    const merged = withTwoFifthsGone(() => combiners.get(name)!(parts));
    expect(JSON.stringify(merged)).toBe(objects(FULL, name === 'deep' ? '[3]' : '[1,2,3]'));
  });

  test('shaping', () => {
    const path = Array.from({ length: 100 }, () => 'a').join('.');
    for (const filters of [{ target: path }, { deny: [path] }, { allow: [path] }, { group: 'g' }]) {
      const format = createFormatter({ target: '', allow: [], deny: [], mapping: {}, group: '', ...filters });
      expect(withTwoFifthsGone(() => format?.(dataOf(FULL)))).toBeTypeOf('object');
    }
  });

  test('reading YAML, of its own depth', async () => {
    const read = yaml.decoder!(false);
    await expect(withTwoFifthsGone(() => read(Buffer.from(objects(MAX_YAML_DEPTH))))).resolves.toBeTypeOf('object');
    await expect(read(Buffer.from(objects(MAX_YAML_DEPTH + 1)))).rejects.toThrow('deeper than 256 levels');
  });

  function textDecoder() {
    return createTextDecoder(decodeJson, { isCollection: false, target: '' });
  }
});
