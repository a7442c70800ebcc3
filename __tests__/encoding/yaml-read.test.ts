import { describe, expect, test } from 'vitest';
import * as yaml from 'yaml';
import { stringifyJson } from '../../lib/core/json-number.js';
import { readYaml } from '../../lib/encoding/yaml-read.js';
import { DecodeError } from '../../lib/errors.js';
import { createRandom } from '../faults/random.js';
import { describeGrowth } from '../support/growth.js';
import { objectText } from '../support/json-values.js';

function decode(text: string): Promise<unknown> {
  return readYaml(text, yaml);
}

describe('readYaml', () => {
  test('reads what the package reads of random documents, in blocks and in lines', async () => {
    const random = createRandom(61);
    for (let turn = 0; turn < 200; turn++) {
      const data = JSON.parse(JSON.stringify(JSON.parse(objectText(random))).replaceAll('__proto__', 'proto'));
      for (const text of [yaml.stringify(data), JSON.stringify(data)]) {
        expect(JSON.stringify(await decode(text)), text).toBe(JSON.stringify(data));
      }
    }
  });

  test('B04 reads JSON with its digits', async () => {
    const text = '{"a":[1.0,12345678901234567890],"b":{"c":1e400}}';
    expect(stringifyJson(await decode(text))).toBe(text);
  });

  test('P10 refuses more tokens than can be read in bounded time, and reads what is below', async () => {
    await expect(decode('- 1\n'.repeat(60_000))).rejects.toThrow(/more than 250000 tokens/);
    expect(await decode('- 1\n'.repeat(1000))).toEqual(Array(1000).fill(1));
  });

  test('P10 lets others have their turn while it reads', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    await decode('- 1\n'.repeat(20_000));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  test('P10 counts what aliases stand for, and reads as many as there is place for', async () => {
    const list = `- &a [${'x, '.repeat(1000)}]\n`;
    const data = await decode(list + '- *a\n'.repeat(400));
    expect(data).toHaveLength(401);
    await expect(decode(list + '- *a\n'.repeat(700))).rejects.toThrow(/aliases/);
    await expect(decode(`- &a "${'x'.repeat(100_000)}"\n${'- *a\n'.repeat(20)}`)).rejects.toThrow(/aliases/);
  });

  test('takes the anchor that was set last before an alias', async () => {
    const data = await decode('- &x [&y 1]\n- &y 2\n- *x\n- *y\n- &x 3\n- *x\n- {*y : *x}\n');
    expect(data).toEqual([[1], 2, [1], 2, 3, 3, { '2': 3 }]);
  });

  test.each([
    ['an alias of what it is in', '&a [*a]', /deeper than 256 levels/],
    ['an alias without an anchor', '[*a]', DecodeError],
    ['a key that comes twice', 'a: 1\na: 2', 'it has a key twice'],
    ['a key that is a list', '[a]: 1', 'it has a key that is no scalar'],
    ['an alias of a list as key', '- &a [1]\n- {*a : 1}', 'it has a key that is no scalar'],
    ['keys within keys', '? '.repeat(5000), DecodeError],
  ])('refuses %s', async (_, text, error) => {
    await expect(decode(text)).rejects.toThrow(error);
    await expect(decode(text)).rejects.toThrow(DecodeError);
  });

  test('keeps the text of dates and other types that the core schema lacks, and the digits of keys', async () => {
    expect(await decode('a: !!timestamp 2024-01-01\nb: !!binary aGk=\n1.10: x\n12345678901234567890: y\n')).toEqual({
      a: '2024-01-01',
      b: 'aGk=',
      '1.10': 'x',
      '12345678901234567890': 'y',
    });
  });
});

describeGrowth('yaml');
