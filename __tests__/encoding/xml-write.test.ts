import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../lib/core/json-number.js';
import { readXml } from '../../lib/encoding/xml-read.js';
import { writeXml } from '../../lib/encoding/xml-write.js';
import type { Data } from '../../lib/proxy.js';
import { createRandom, type Random } from '../faults/random.js';
import { describeGrowth } from '../support/growth.js';

describe('writeXml', () => {
  test.each<[Data | null, string]>([
    [{ foo: 42 }, '<foo>42</foo>'],
    [
      { foo: 42, headers: { 'User-Agent': ['x'] }, query: {} },
      '<doc><foo>42</foo><headers><User-Agent>x</User-Agent></headers><query/></doc>',
    ],
    [null, '<doc/>'],
    [{}, '<doc/>'],
    [{ a: null }, '<a/>'],
    [{ a: '' }, '<a/>'],
    [{ a: true, b: false, c: 1.5 }, '<doc><a>true</a><b>false</b><c>1.5</c></doc>'],
    [
      { a: new JsonNumber('12345678901234567890'), b: new JsonNumber('0.10') },
      '<doc><a>12345678901234567890</a><b>0.10</b></doc>',
    ],
    [{ a: [1, 2] }, '<doc><a>1</a><a>2</a></doc>'],
    [{ a: [{ b: 1 }, { b: 2 }] }, '<doc><a><b>1</b></a><a><b>2</b></a></doc>'],
    [{ a: { b: [] } }, '<a><b/></a>'],
    [{ a: [] }, '<a/>'],
    [{ a: [], b: [] }, '<doc><a/><b/></doc>'],
    [{ a: [[1, 2], []] }, '<doc><a><a>1</a><a>2</a></a><a/></doc>'],
    [{ user: { '-type': 'admin', '#text': 'Ada', id: '007' } }, '<user type="admin">Ada<id>007</id></user>'],
    [{ '-a': 1, b: 2 }, '<doc a="1"><b>2</b></doc>'],
    [{ '-a': 1 }, '<doc a="1"/>'],
    [{ '#text': 'x' }, '<doc>x</doc>'],
    [{ a: { '-b': null, '-c': { d: 1 } } }, '<a b=""><_-c><d>1</d></_-c></a>'],
    [{ a: '</a>&"\'<b>' }, '<a>&lt;/a&gt;&amp;"\'&lt;b&gt;</a>'],
    [{ a: { '-b': '"<&>\n\t\r' } }, '<a b="&quot;&lt;&amp;&gt;&#10;&#9;&#13;"/>'],
    [{ a: ']]>\r' }, '<a>]]&gt;&#13;</a>'],
    [{ a: 'x\0y\x1f' }, '<a>x\ufffdy\ufffd</a>'],
    [{ '1 x': 1, 'a:b': 2, '': 3, '<': 4, é: 5 }, '<doc><_1_x>1</_1_x><a_b>2</a_b><_>3</_><_>4</_><é>5</é></doc>'],
    [{ a: { '-x y': 1, '-x_y': 2 } }, '<a x_y="1"/>'],
    [{ a: undefined, b: () => 1, c: new Date(0) }, '<doc><a/><b/><c>1970-01-01T00:00:00.000Z</c></doc>'],
  ])('%j becomes %s', (data, expected) => {
    expect(writeXml(data)).toBe(expected);
  });

  test('B09 whatever the document, the text is well-formed', () => {
    const random = createRandom(9);
    for (let turn = 0; turn < 5_000; turn++) {
      const data = randomObject(random, 4);
      const text = writeXml(data);
      expect(() => readXml(text), text).not.toThrow();
      expect(XMLValidator.validate(text), text).toBe(true);
    }
  });

  const KEYS = [
    'a',
    'b',
    '-a',
    '-b',
    '#text',
    '',
    '1',
    '<x>',
    'a b',
    'x:y',
    'é',
    '"',
    '&',
    '-',
    '--',
    '-1',
    'xml',
    '日本',
  ];
  const VALUES = ['', 'x', '<&>"\'', ']]>', '\0', ' ', '\n', '😀', 1, -0.5, true, null, new JsonNumber('1e400')];

  function randomObject(random: Random, depth: number): Data {
    return Object.fromEntries(
      Array.from({ length: random.int(0, 4) }, () => [random.pick(KEYS), randomValue(random, depth)]),
    );
  }

  function randomValue(random: Random, depth: number): unknown {
    if (depth === 0 || random.chance(0.4)) return random.pick(VALUES);
    if (random.chance(0.3)) return Array.from({ length: random.int(0, 3) }, () => randomValue(random, depth - 1));
    return randomObject(random, depth - 1);
  }
});

describeGrowth('to xml');
