import { expect, it } from 'vitest';
import { createSemaphore } from '../../lib/transport/semaphore.js';

it('runs no more tasks at once than it has places, in order, whether they succeed or fail', async () => {
  const gate = createSemaphore(2);
  const running = new Set<number>();
  const began: number[] = [];
  let most = 0;
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((n) =>
      gate(async () => {
        running.add(n);
        began.push(n);
        most = Math.max(most, running.size);
        await new Promise(setImmediate);
        running.delete(n);
        if (n % 2 === 1) throw new Error(`task ${n}`);
        return n;
      }),
    ),
  );
  expect(began).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(2);
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
    'fulfilled',
    'rejected',
  ]);
});
