import { expect, test } from 'vitest';
import { createQueue } from '../../lib/core/linked-queue.js';

function queueOf(...values: string[]) {
  const queue = createQueue<string>();
  return { queue, places: values.map(queue.push) };
}

test('hands out its values in the order they came', () => {
  const { queue } = queueOf('a', 'b', 'c');
  expect([queue.size, queue.shift(), queue.shift(), queue.shift(), queue.shift(), queue.size]).toEqual([
    3,
    'a',
    'b',
    'c',
    undefined,
    0,
  ]);
});

test.each([
  [0, ['b', 'c']],
  [1, ['a', 'c']],
  [2, ['a', 'b']],
])('lets the one at place %i go, and keeps the order of the others', (index, left) => {
  const { queue, places } = queueOf('a', 'b', 'c');
  queue.remove(places[index]!);
  queue.remove(places[index]!);
  queue.push('d');
  expect(queue.values()).toEqual([...left, 'd']);
  expect(queue.size).toBe(3);
});

test('may be left by everybody and joined again', () => {
  const { queue, places } = queueOf('a', 'b');
  for (const place of places) queue.remove(place);
  expect(queue.values()).toEqual([]);
  queue.push('c');
  expect(queue.shift()).toBe('c');
});

test('who was handed out has left', () => {
  const { queue, places } = queueOf('a', 'b');
  queue.shift();
  queue.remove(places[0]!);
  expect(queue.values()).toEqual(['b']);
});

test('who has left leads to nobody, so that it keeps alive nobody who came later', () => {
  const { queue, places } = queueOf('a', 'b', 'c');
  queue.remove(places[1]!);
  expect(Object.values(places[1]!).filter((value) => typeof value === 'object')).toEqual([]);
});

test('its list is not changed by who leaves later', () => {
  const { queue, places } = queueOf('a', 'b');
  const values = queue.values();
  for (const place of places) queue.remove(place);
  expect(values).toEqual(['a', 'b']);
});
