import { expect, test, vi } from 'vitest';
import { createDeadline } from '../../lib/core/deadline.js';
import { EndpointError } from '../../lib/errors.js';
import { createAdmission } from '../../lib/router/in-flight.js';

const reason = new EndpointError('ERR_CLOSING', 'x');

function deadline() {
  const created = createDeadline(60_000, () => reason);
  created.dispose();
  return created;
}

test('O01 lets in as many as it may, and one more for each that leaves', () => {
  const admission = createAdmission(2);
  const [first, second, third] = [deadline(), deadline(), deadline()];
  const places = [first, second, third].map(admission.enter);
  expect(places.map((place) => place?.value)).toEqual([first, second, undefined]);
  admission.leave(places[0]!);
  expect(admission.enter(third)).toBeDefined();
  expect(admission.enter(first)).toBeUndefined();
});

test('X01 is empty once the last has left, and tells everybody who waits', async () => {
  const admission = createAdmission(2);
  await admission.empty();
  const [first, second] = [deadline(), deadline()];
  const places = [admission.enter(first), admission.enter(second)];
  const told = vi.fn();
  const waiting = [admission.empty().then(told), admission.empty().then(told)];
  admission.leave(places[0]!);
  await Promise.resolve();
  expect(told).not.toHaveBeenCalled();
  admission.leave(places[1]!);
  await Promise.all(waiting);
  expect(told).toHaveBeenCalledTimes(2);
});

test('X01 ends everybody inside with the reason', () => {
  const admission = createAdmission(2);
  const [inside, outside] = [deadline(), deadline()];
  admission.enter(inside);
  const place = admission.enter(outside);
  admission.leave(place!);
  admission.cancelAll(reason);
  expect(inside.signal.reason).toBe(reason);
  expect(outside.signal.aborted).toBe(false);
});
