import { expect, test } from 'vitest';
import { type Earlier, setHeaders, undo } from '../../lib/response/set-headers.js';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';
import { headersOf } from '../support/requests.js';

test('sets what is meant for the client, and puts back what was there', () => {
  const { response } = createMemoryExchange({ url: '/' });
  response.setHeader('X-A', 'app');
  response.setHeader('Set-Cookie', 'app=1');
  const earlier: Earlier = Object.create(null);
  const headers = headersOf({
    'x-a': 'backend',
    'x-b': 'new',
    'x-c': 'skipped',
    'x-d': 'nominated',
    connection: 'x-d',
    'set-cookie': ['b=2'],
  });
  setHeaders(response, headers, new Set(['x-c']), earlier);
  expect(response.getHeaders()).toEqual({ 'x-a': 'backend', 'x-b': 'new', 'set-cookie': ['app=1', 'b=2'] });
  undo(response, earlier);
  expect(response.getHeaders()).toEqual({ 'x-a': 'app', 'set-cookie': 'app=1' });
  expect(response.hasHeader('x-b')).toBe(false);
});
