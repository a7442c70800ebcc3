import { expect, test } from 'vitest';
import { findConflict, SINGLE_VALUED } from '../lib/headers.js';

test('H05 two different values of what has one are a conflict, the same value twice is none', () => {
  const headers = { etag: ['"a"', '"b"'], location: ['/a', '/a'], 'x-a': ['1', '2'], 'content-type': 'text/plain' };
  expect(findConflict(headers, SINGLE_VALUED)).toBe('etag');
  expect(findConflict(headers, ['location', 'x-a', 'content-type', 'absent'])).toBeUndefined();
});
