import { expect, test } from 'vitest';
import { z } from 'zod';
import { explain, show } from '../../lib/config/explain.js';

test.each([
  ['text', '"text"'],
  ['a\nb', '"a\\nb"'],
  [5, '5'],
  [Number.NaN, 'NaN'],
  [true, 'true'],
  [null, 'null'],
  [undefined, 'nothing'],
  [[], 'an empty array'],
  [[1], 'an array'],
  [{ a: 1 }, 'an object'],
])('%j is shown as %s', (value, text) => {
  expect(show(value)).toBe(text);
});

test('E01 credentials of URLs are not shown, and long values are cut', () => {
  expect(show('http://user:secret@api.internal')).toBe('"http://***@api.internal"');
  expect(show('amqp://guest:gu@est@queue')).not.toContain('gu@est');
  expect(show('x'.repeat(500)).length).toBeLessThan(70);
});

function messageOf(schema: z.ZodType, value: unknown): string {
  return schema.safeParse(value, { error: explain }).error!.issues[0]!.message;
}

test.each([
  [z.string(), 5, 'must be a string, not 5.'],
  [z.strictObject({ a: z.string() }), {}, 'is missing; give a string.'],
  [z.boolean(), 'true', 'must be true or false, not "true".'],
  [z.int(), 1.5, 'must be a whole number, not 1.5.'],
  [z.int(), Number.NaN, 'must be a number, not NaN.'],
  [z.int().min(1), 0, 'must be at least 1, not 0.'],
  [z.int().max(3), 4, 'must be at most 3, not 4.'],
  [z.literal([2, 3]), 1, 'must be 2 or 3, not 1.'],
  [z.array(z.string()).min(1), [], 'must not be empty.'],
  [z.array(z.string()), {}, 'must be an array, not an object.'],
  [z.strictObject({}), [], 'must be an object, not an empty array.'],
  [z.strictObject({}), { a: 1 }, 'is not a known option here.'],
  [z.string().regex(/a/), 'b', 'is not valid: "b".'],
])('%# is explained', (schema, value, message) => {
  expect(messageOf(schema as z.ZodType, value)).toBe(message);
});
