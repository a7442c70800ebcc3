import { expect, test } from 'vitest';
import { endpointSchema } from '../support/schemas.js';

test('methods are written in any case, and are upper case afterwards', () => {
  expect(endpointSchema.parse({ endpoint: '/', method: 'post' }).method).toBe('POST');
  for (const method of ['CONNECT', 'TRACE', 'FETCH', 7]) {
    expect(endpointSchema.safeParse({ endpoint: '/', method }).success).toBe(false);
  }
});
