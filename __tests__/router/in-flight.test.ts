import { expect, test, vi } from 'vitest';
import { createDeadline } from '../../lib/core/deadline.js';
import { EndpointError } from '../../lib/errors.js';
import { createInFlight } from '../../lib/router/in-flight.js';

const reason = new EndpointError('ERR_CLOSING', 'x');

function deadline() {
  const created = createDeadline(60_000, () => reason);
  created.dispose();
  return created;
}

test('O01 lets in as many as it may, and one more for each that leaves', () => {
  const inFlight = createInFlight(2);
  const [first, second, third] = [deadline(), deadline(), deadline()];
  const places = [first, second, third].map(inFlight.enter);
  expect(places.map((place) => place?.value)).toEqual([first, second, undefined]);
  inFlight.leave(places[0]!);
  expect(inFlight.enter(third)).toBeDefined();
  expect(inFlight.enter(first)).toBeUndefined();
});

test('X01 is empty once the last has left, and tells everybody who waits', async () => {
  const inFlight = createInFlight(2);
  await inFlight.empty();
  const [first, second] = [deadline(), deadline()];
  const places = [inFlight.enter(first), inFlight.enter(second)];
  const told = vi.fn();
  const waiting = [inFlight.empty().then(told), inFlight.empty().then(told)];
  inFlight.leave(places[0]!);
  await Promise.resolve();
  expect(told).not.toHaveBeenCalled();
  inFlight.leave(places[1]!);
  await Promise.all(waiting);
  expect(told).toHaveBeenCalledTimes(2);
});

test('X01 ends everybody inside with the reason', () => {
  const inFlight = createInFlight(2);
  const [inside, outside] = [deadline(), deadline()];
  inFlight.enter(inside);
  const place = inFlight.enter(outside);
  inFlight.leave(place!);
  inFlight.cancelAll(reason);
  expect(inside.signal.reason).toBe(reason);
  expect(outside.signal.aborted).toBe(false);
});
