import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { JsonNumber } from '../../lib/core/json-number.js';
import { parseJson } from '../../lib/encoding/json-parse.js';
import { writeYaml } from '../../lib/encoding/yaml-write.js';
import type { Data } from '../../lib/proxy.js';
import { createRandom } from '../faults/random.js';
import { describeGrowth } from '../support/growth.js';
import { objectText } from '../support/json-values.js';

const TEXTS = [
  '',
  ' ',
  'a',
  'a ',
  ' a',
  '\ta',
  'two words',
  'a: b',
  'a:b',
  'a:',
  ':a',
  'a #b',
  'a#b',
  '#a',
  '- a',
  '-a',
  '-',
  '---',
  '...',
  '? a',
  '*a',
  '&a',
  '!a',
  '|',
  '>',
  '%a',
  '@a',
  '`a',
  '"a"',
  "'a'",
  'it’s "quoted"',
  "it's",
  '[a]',
  '{a}',
  'a, b',
  'null',
  'Null',
  '~',
  'true',
  'yes',
  'No',
  '1',
  '-1',
  '+1',
  '0x1F',
  '0o17',
  '1_000',
  '1.5',
  '1e3',
  '.5',
  '.inf',
  '-.INF',
  '.nan',
  '2024-01-01',
  '2024-01-01T00:00:00Z',
  '12:30:45',
  '<<',
  '=',
  'http://a.example/b?c=d#e',
  'C:\\Temp',
  'Zürich',
  '東京',
  '🦆 duck',
  'a\u0000b',
  'a\u007fb',
  'a\u0085b',
  'a\u2028b',
  '\ufeffa',
  'a\ud800b',
  'a\rb',
  'a\tb',
  'a\nb',
  'a\nb\n',
  'a\nb\n\n',
  '\na',
  '\n',
  'a\n\nb',
  'a\n\n\nb\n',
  'a\n  b\nc',
  ' a\nb',
  'a\n   ',
  'a\n \nb',
  'a \nb',
  'a\n\tb',
  'a\n---\nb',
  'a\n# b',
  'x'.repeat(2000),
  `${'x'.repeat(2000)}\ny`,
];

function read(text: string): unknown {
  return parse(text, { version: '1.2', schema: 'core', strict: true });
}

describe('writeYaml', () => {
  test.each(TEXTS)('writes the text %j as a value, an element and a key so that it is read as it was', (text) => {
    for (const data of [
      { a: text },
      { [text]: 1 },
      { a: [text, { b: text }, [text]] },
      { a: { [text]: { [text]: text } } },
    ]) {
      expect(read(writeYaml(data))).toStrictEqual(data);
    }
  });

  test('what it writes is read as it was, whatever the document', () => {
    const random = createRandom(77);
    for (let turn = 0; turn < 500; turn++) {
      // Infinity is none of what JSON has.
      const data = JSON.parse(JSON.stringify(JSON.parse(objectText(random)))) as Data;
      expect(read(writeYaml(data)), JSON.stringify(data)).toEqual(data);
    }
  });

  test('random texts are read as they were', () => {
    const random = createRandom(78);
    const alphabet = [...'ab1-:#?,[]{}&*!|>\'"%@`~ \n\n\t.=<\\/é🦆\u0085\u2028'];
    for (let turn = 0; turn < 3000; turn++) {
      const text = Array.from({ length: random.int(0, 8) }, () => alphabet[random.int(0, alphabet.length - 1)]).join(
        '',
      );
      const data = { a: { [text]: [text] }, b: text };
      const written = writeYaml(data);
      expect(read(written), written).toStrictEqual(data);
    }
  });

  test('writes blocks', () => {
    const data = {
      list: [1, [2, [3, []]], { a: 1, b: { c: {} } }],
      lines: 'one\ntwo\n',
      nested: { lines: ['one\n\n  two'] },
      'a key': null,
    };
    expect(writeYaml(data)).toBe(
      [
        'list:',
        '  - 1',
        '  - - 2',
        '    - - 3',
        '      - []',
        '  - a: 1',
        '    b:',
        '      c: {}',
        'lines: |',
        '  one',
        '  two',
        'nested:',
        '  lines:',
        '    - |-',
        '      one',
        '',
        '        two',
        'a key: null',
        '',
      ].join('\n'),
    );
  });

  test('writes what JSON cannot, and leaves out what has no text', () => {
    const data = {
      date: new Date(0),
      map: new Map([['a', 1]]),
      set: new Set([1]),
      none: undefined,
      call: () => 1,
      numbers: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, new JsonNumber('0.10'), 1n],
      holes: [undefined],
      empty: { none: undefined },
    };
    expect(writeYaml(data)).toBe(
      'date: "1970-01-01T00:00:00.000Z"\nmap:\n  a: 1\nset:\n  - 1\nnumbers:\n  - .nan\n  - .inf\n  - -.inf\n  - 0.10\n  - 1\n' +
        'holes:\n  - null\nempty:\n  {}\n',
    );
  });

  test('P10 indents sixteen levels and writes what is deeper as JSON, digits included', () => {
    const text = `${'{"a":['.repeat(60)}1.0,1.0${']}'.repeat(60)}`;
    const written = writeYaml(parseJson(text) as Data);
    expect(written).toContain('1.0,1.0');
    expect(read(written)).toEqual(JSON.parse(text));
    expect(Math.max(...written.split('\n').map((line) => line.search(/\S/)))).toBeLessThanOrEqual(32);
  });

  test('reads long keys again, in blocks and below', () => {
    let data: Data = { ['k'.repeat(3000)]: 1, ['q'.repeat(1022)]: { ['"'.repeat(600)]: 2 } };
    for (let level = 0; level < 20; level++) data = { a: data, ['k'.repeat(1500)]: { b: 1 } };
    expect(read(writeYaml(data))).toStrictEqual(data);
  });
});

describeGrowth('to yaml');
