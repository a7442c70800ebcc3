import { expect, test } from 'vitest';
import type { Outcome } from '../../lib/endpoint/outcome.js';
import { createHeaderMerge } from '../../lib/endpoint/output-headers.js';
import { BackendError } from '../../lib/errors.js';
import { headersOf } from '../support/requests.js';
import { answerOf } from '../support/transport.js';

function outcome(headers: Record<string, string | string[]>): Outcome {
  return { response: answerOf({}, { metadata: { status: 200, headers: headersOf(headers) } }) };
}
const FAILED: Outcome = { error: new BackendError('ERR_BACKEND_STATUS', 'failed') };

test('there is nothing to do where no backend lets a header out', () => {
  expect(createHeaderMerge([])).toBeUndefined();
  expect(createHeaderMerge([[], []])).toBeUndefined();
});

test.each([
  ['last', 'b'],
  ['first', 'a'],
  ['append', ['a', 'b']],
] as const)('%s decides in declared order', (keep, expected) => {
  const merge = createHeaderMerge([[], [{ name: 'x', keep }], [{ name: 'x', keep }]]);
  expect(merge?.([outcome({ x: 'unlisted' }), outcome({ x: 'a' }), outcome({ x: 'b' })])).toEqual({ x: expected });
});

test('H05 cookies are all kept, one line each, in order', () => {
  const cookies = [{ name: 'set-cookie', keep: 'last' as const }];
  const merge = createHeaderMerge([cookies, cookies]);
  const date = 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT';
  expect(merge?.([outcome({ 'set-cookie': ['a=1', date] }), outcome({ 'set-cookie': 'c=3' })])).toEqual({
    'set-cookie': ['a=1', date, 'c=3'],
  });
});

test('lines of one header stay together', () => {
  const merge = createHeaderMerge([[{ name: 'link', keep: 'append' }], [{ name: 'link', keep: 'append' }]]);
  expect(merge?.([outcome({ link: ['a', 'b'] }), outcome({ link: ['c'] })])).toEqual({ link: ['a', 'b', 'c'] });
});

test('backends that failed, or sent nothing of it, add nothing', () => {
  const rules = [{ name: 'x', keep: 'last' as const }];
  const merge = createHeaderMerge([rules, rules, rules]);
  expect(merge?.([outcome({ x: 'a' }), FAILED, outcome({ y: 'b' })])).toEqual({ x: 'a' });
});

test('H06 headers named like members of Object.prototype are plain headers', () => {
  const rules = ['constructor', '__proto__'].map((name) => ({ name, keep: 'append' as const }));
  const merge = createHeaderMerge([rules, rules]);
  const merged = merge?.([outcome({ constructor: 'a' }), outcome({})]);
  expect(Object.getPrototypeOf(merged)).toBeNull();
  expect({ ...merged }).toEqual({ constructor: 'a' });
});
