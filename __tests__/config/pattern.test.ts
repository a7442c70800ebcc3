import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { patterns } from '../../lib/config/pattern.js';

const schema = patterns();

/** Whether one of the patterns is found in the text. */
function matches(text: string, ...sources: string[]): boolean {
  return schema.parse(sources)(text);
}

describe('patterns', () => {
  test.each<[string, string, boolean]>([
    ['b', 'abc', true],
    ['^b', 'abc', false],
    ['^b', 'a\nbc', false],
    ['(?m)^b', 'a\nbc', true],
    ['(?i)ABC', 'xabcx', true],
    ['a(?i)B', 'xabx', true],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['(?P<year>\\d{4})', 'in 2024', true],
    ['(?<year>\\d{4})', 'in 24', false],
    ['[[:alpha:]]+\\d', '!x1', true],
    ['[[:^alpha:]]', 'abc', false],
    ['\\Aabc\\z', 'abcd', false],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b', 'axb', false],
    ['\\pL', '1é', true],
    ['\\d', '٣', false],
    ['\\bbot\\b', 'a bot!', true],
    ['', '', true],
    ['\\/bot\\-1', '/bot-1', true],
  ])('%j in %j: %j', (source, text, expected) => {
    expect(matches(text, source)).toBe(expected);
    expect(matches(text, 'never-there', source)).toBe(expected);
  });

  test('none of none is found, and one of several is enough', () => {
    expect(matches('anything')).toBe(false);
    expect(matches('two', 'one', 't.o', '(?i)THREE')).toBe(true);
    expect(matches('four', 'one', 't.o', '(?i)THREE')).toBe(false);
  });

  test.each<[string, string]>([
    ['a(?=b)', 'look-ahead'],
    ['a(?!b)', 'look-ahead'],
    ['(?<=a)b', 'look-behind'],
    ['(?<!a)b', 'look-behind'],
    ['(a)\\1', 'back references'],
    ['(?<n>a)\\k<n>', 'back references'],
    ['(', 'missing closing )'],
    ['[a', 'missing closing ]'],
    ['*', 'missing argument to repetition operator'],
    ['a{1001}', 'invalid repeat count'],
    ['((a{100}){100}){100}', 'invalid repeat count'],
    ['\\C', 'invalid escape sequence'],
    ['(?<n', 'named'],
  ])('%j is refused, and it says why: %s', (source, why) => {
    const result = schema.safeParse(['fine', source, '(']);
    expect(result.error?.issues).toMatchObject([{ path: [1] }, { path: [2] }]);
    expect(result.error?.issues[0]?.message).toContain(why);
  });

  test('what is no list of texts is refused as everywhere', () => {
    for (const wrong of ['a', [1], [null], {}]) expect(schema.safeParse(wrong).success).toBe(false);
  });
});

describe('B10 time', () => {
  const HOSTILE = [
    '^(\\w|\\d|-)+$',
    '(a+)+$',
    '^(a*)*$',
    '(a|aa)+$',
    '^(a|a?)+$',
    '(.*)*(.*)*!x',
    '(?:a?){30}a{30}!x',
    '(?i)(\\w+\\s?)+$',
    'a*a*a*a*a*a*x$',
    '(\\pL|a)*\\d',
  ];

  test.each(HOSTILE)('%s reads 64 KiB of hostile text without stalling', (source) => {
    const match = schema.parse([source]);
    const text = `${'a'.repeat(2 ** 16)}!`;
    const start = performance.now();
    for (let round = 0; round < 10; round++) expect(match(text)).toBe(false);
    // Far from what it takes on a busy machine; the engine of V8 needs years for the first round of some.
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('the time grows no faster than the text', () => {
    const match = schema.parse(HOSTILE);
    function timeOf(length: number): number {
      const text = `${'a'.repeat(length)}!`;
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        match(text);
        return performance.now() - start;
      });
      return Math.min(...times);
    }
    timeOf(2 ** 14);
    // 32 times the text: 32 where it is linear, 1024 where it is quadratic.
    expect(timeOf(2 ** 19) / timeOf(2 ** 14)).toBeLessThan(256);
  });
});

test('the package is not loaded for a configuration without patterns', () => {
  const script = `
    import { createRequire } from 'node:module';
    import { botDetector } from './dist/esm/components/bot-detector.js';
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('re2js'));
    botDetector.schema.parse({ deny: ['a'] });
    const before = loaded();
    botDetector.schema.parse({ patterns: ['a'] });
    console.log(before, loaded());
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(output.trim()).toBe('false true');
});
