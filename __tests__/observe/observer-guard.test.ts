import { expect, test, vi } from 'vitest';
import { silentLogger } from '../../lib/logger.js';
import { createObserverGuard } from '../../lib/observe/observer-guard.js';

function setUp() {
  const error = vi.fn();
  return { error, ...createObserverGuard({ ...silentLogger, error }) };
}

const boom = new Error('boom');

test('gives back what a call does, and nothing where it throws', async () => {
  const { call, error } = setUp();
  expect(call(() => 1)).toBe(1);
  const thrown = () => {
    throw boom;
  };
  expect(call(thrown)).toBeUndefined();
  await expect(call(() => Promise.reject(boom))).rejects.toBe(boom);
  // Once a minute.
  expect(error.mock.calls).toEqual([[{ err: boom }, 'an observer failed']]);
});

test('a rejection that nothing waits for is logged', async () => {
  const { call, error } = setUp();
  call(() => Promise.reject(boom));
  await Promise.resolve();
  expect(error).toHaveBeenCalledWith({ err: boom }, 'an observer failed');
});

test('runs the work once, inside of all contexts, the first outermost', () => {
  const { runIn } = setUp();
  const order: string[] = [];
  const follower = (name: string) => ({
    run<T>(work: () => T): T {
      order.push(name);
      const result = work();
      work();
      order.push(`${name} out`);
      return result;
    },
  });
  const work = vi.fn(() => 'done');
  expect(runIn([follower('a'), {}, follower('b')], work)).toBe('done');
  expect(order).toEqual(['a', 'b', 'b out', 'a out']);
  expect(work).toHaveBeenCalledOnce();
});

test('runs the work all the same where a follower throws or does not run it', () => {
  const { runIn, error } = setUp();
  const throwing = {
    run(): never {
      throw boom;
    },
  };
  const idle = { run: () => undefined as never };
  expect(runIn([throwing, idle], () => 'done')).toBe('done');
  expect(error).toHaveBeenCalledWith({ err: boom }, 'an observer failed');
});

test('that the work itself fails is no fault of the follower that passes it on', async () => {
  const { runIn, error } = setUp();
  const follower = { run: <T>(work: () => T): T => work() };
  await expect(runIn([follower], () => Promise.reject(boom))).rejects.toBe(boom);
  await new Promise(setImmediate);
  expect(error).not.toHaveBeenCalled();
});
