import { expect, test } from 'vitest';
import { parseDuration } from '../../lib/config/duration.js';

test.each([
  ['0s', 0],
  ['1ms', 1],
  ['200ms', 200],
  ['1.5s', 1_500],
  ['2s', 2_000],
  ['1m', 60_000],
  ['1h30m', 5_400_000],
  ['1h2m3s4ms', 3_723_004],
  ['500us', 0.5],
  ['500µs', 0.5],
  ['500μs', 0.5],
  ['1000000ns', 1],
])('%s is %d ms', (text, milliseconds) => {
  expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
});

test.each([
  '',
  ' ',
  '5',
  '0',
  '-1s',
  '+1s',
  '1',
  '1d',
  '1w',
  '1 s',
  '1s ',
  ' 1s',
  's',
  '.5s',
  '1.s',
  '1e3s',
  '1S',
  '1,5s',
  'NaNs',
  '١s',
  '1s!',
  `${'1'.repeat(70)}s`,
])('G03 %j is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
