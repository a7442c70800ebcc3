import { expect, test } from 'vitest';
import { toHeaders, toMetadata } from '../../../lib/components/brokers/metadata.js';

test('the first value of each forwarded header goes along, but none that speaks about the connection', () => {
  const metadata = toMetadata({
    'x-a': ['1', '2'],
    'content-type': 'text/plain',
    'content-length': '3',
    host: 'h',
    te: 'x',
    'x-none': [],
  });
  expect({ ...metadata }).toEqual({ 'x-a': '1', 'content-type': 'text/plain' });
});

test('of a message only what can be a header comes back', () => {
  const headers = toHeaders({
    'X-Text': 'a',
    bytes: Buffer.from('b'),
    list: [Buffer.from('c'), 'd'],
    number: 7,
    'bad name': 'x',
    split: 'a\r\nset-cookie: b=c',
    connection: 'close',
    'content-length': '1',
    nothing: undefined,
    object: {},
    wide: '\u4e2d',
  });
  expect({ ...headers }).toEqual({ 'x-text': 'a', bytes: 'b', list: 'c', number: '7' });
  expect(Object.getPrototypeOf(headers)).toBeNull();
  expect({ ...toHeaders(undefined) }).toEqual({});
});
