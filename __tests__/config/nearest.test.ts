import { expect, test } from 'vitest';
import { nearest, suggest } from '../../lib/config/nearest.js';

const OPTIONS = ['timeout', 'cache_ttl', 'input_headers', 'input_query_strings', 'host', 'sd'];

test.each([
  ['timout', 'timeout'],
  ['timeuot', 'timeout'],
  ['Timeout', 'timeout'],
  ['time-out', 'timeout'],
  ['cacheTtl', 'cache_ttl'],
  ['input_header', 'input_headers'],
  ['hosts', 'host'],
  ['ds', undefined],
  ['sdd', 'sd'],
  ['colour', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
])('G01 %j is near to %j', (name, expected) => {
  expect(nearest(name, OPTIONS)).toBe(expected);
});

test('the first of equals wins, and nothing is near to nothing', () => {
  expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
  expect(nearest('cat', [])).toBeUndefined();
});

test('suggest makes half a sentence, or none', () => {
  expect(suggest('timout', OPTIONS)).toBe(' Did you mean "timeout"?');
  expect(suggest('colour', OPTIONS)).toBe('');
});
