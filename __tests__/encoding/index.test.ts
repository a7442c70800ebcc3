import { describe, expect, test } from 'vitest';
import type { Encoding } from '../../lib/encoding/encoding.js';
import { createEncodings } from '../../lib/encoding/index.js';
import { ConfigError } from '../../lib/errors.js';

const csv: Encoding = { name: 'CSV', encode: () => ({ contentType: 'text/csv', body: '' }) };

describe('createEncodings', () => {
  test('knows the built-in formats', () => {
    const encodings = createEncodings();
    for (const name of ['json', 'fast-json', 'safejson', 'json-collection', 'string', 'no-op']) {
      expect(encodings.get(name)?.name).toBe(name);
    }
    expect(encodings.get('no-op')?.passthrough).toBe(true);
    expect(encodings.get('constructor')).toBeUndefined();
  });

  test('adds others under their names in lower case', () => {
    expect(createEncodings([csv]).get('csv')).toBe(csv);
    expect(createEncodings().has('csv')).toBe(false);
  });

  test('lets others replace a built-in one', () => {
    const own: Encoding = { ...csv, name: 'Json' };
    expect(createEncodings([own]).get('json')).toBe(own);
  });

  test('refuses what is no encoding, all at once and by place', () => {
    const wrong = [
      null,
      'json',
      {},
      { name: ' ' },
      { name: 'a' },
      { name: 'b', decoder: 1 },
      { name: 'c', encode: 'x' },
      { name: 'g', decoder: csv.decoder, isWhole: true } as never,
      { name: 'h', decoder: csv.decoder, ignoresSpace: 1 } as never,
      { name: 'd', passthrough: true, encode: csv.encode },
    ] as unknown as Encoding[];
    const failure = (() => {
      try {
        createEncodings([csv, ...wrong]);
        return undefined;
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).issues.map(({ path }) => path)).toEqual(
      wrong.map((_, index) => `options.encodings[${index + 1}]`),
    );
  });
});
