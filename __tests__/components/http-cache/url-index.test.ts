import { expect, test } from 'vitest';
import { createUrlIndex } from '../../../lib/components/http-cache/url-index.js';

const key = (url: string, select = '') => ['space', 'GET', url, select].join('\n');

test('knows the keys of a URL as long as they are there', () => {
  const index = createUrlIndex();
  for (const select of ['', 'a', 'b', 'a']) index.add(key('/1', select));
  index.add(key('/2'));
  expect(index.keysOf('/1')).toEqual([key('/1'), key('/1', 'a'), key('/1', 'b')]);
  expect(index.keysOf('/2')).toEqual([key('/2')]);
  expect(index.keysOf('/3')).toEqual([]);
  index.remove(key('/1', 'a'));
  index.remove(key('/2', 'other'));
  index.remove(key('/3'));
  expect(index.keysOf('/1')).toEqual([key('/1'), key('/1', 'b')]);
  expect(index.keysOf('/2')).toEqual([key('/2')]);
  for (const select of ['', 'b']) index.remove(key('/1', select));
  index.remove(key('/2'));
  expect([...index.keysOf('/1'), ...index.keysOf('/2')]).toEqual([]);
});

test('what it gives back may be removed while it is walked', () => {
  const index = createUrlIndex();
  for (const select of ['a', 'b', 'c']) index.add(key('/1', select));
  for (const each of index.keysOf('/1')) index.remove(each);
  expect(index.keysOf('/1')).toEqual([]);
});
