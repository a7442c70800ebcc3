import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Place } from '../../../lib/components/brokers/driver.js';
import { createPulledSubscription, type Lease, type Source } from '../../../lib/components/brokers/pull.js';
import { unreachable } from '../../../lib/components/brokers/reconnecting.js';
import { silentLogger } from '../../../lib/logger.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const { signal } = new AbortController();

/** A source whose pulls a test answers; `said` has what its messages were told. */
function createSource() {
  const said: string[] = [];
  const pulls: { count: number; signal: AbortSignal; answer(...ids: string[]): void; fail(error: Error): void }[] = [];
  const told = (id: string, what: string) => async () => void said.push(`${id} ${what}`);
  function leaseOf(id: string): Lease {
    return {
      id,
      body: Buffer.from(id),
      headers: {},
      done: told(id, 'done'),
      giveBack: told(id, 'back'),
      async giveUp() {
        said.push(`${id} buried`);
        return 'is buried';
      },
    };
  }
  const source: Source = {
    open: told('source', 'open'),
    close: told('source', 'closed'),
    pull: (count, aborted) =>
      new Promise((resolve, reject) => {
        const onAbort = () => reject(aborted.reason);
        aborted.addEventListener('abort', onAbort);
        function answer(...ids: string[]): void {
          aborted.removeEventListener('abort', onAbort);
          resolve(ids.map(leaseOf));
        }
        pulls.push({ count, signal: aborted, answer, fail: reject });
      }),
  };
  const logged: unknown[] = [];
  const logger = { ...silentLogger, error: (...entry: unknown[]) => void logged.push(entry) };
  const subscription = createPulledSubscription({ name: 'b', maxAttempts: 2, logger } as unknown as Place, source);
  return { subscription, pulls, said, logged };
}
const turn = () => vi.advanceTimersByTimeAsync(0);

test('nothing is pulled until somebody waits, and no more than that', async () => {
  const { subscription, pulls, said } = createSource();
  await subscription.open();
  expect([pulls.length, said]).toEqual([0, ['source open']]);
  const first = subscription.receive(signal);
  const others = [subscription.receive(signal), subscription.receive(signal)];
  expect(pulls.map(({ count }) => count)).toEqual([1]);
  pulls[0]?.answer('a');
  expect(String((await first).body)).toBe('a');
  await turn();
  expect(pulls.map(({ count }) => count)).toEqual([1, 2]);
  pulls[1]?.answer('b', 'c');
  expect((await Promise.all(others)).map(({ body }) => String(body))).toEqual(['b', 'c']);
  await turn();
  expect(pulls).toHaveLength(2);
});

test('N02 what comes when nobody waits any more is given back', async () => {
  const { subscription, pulls, said } = createSource();
  const leaver = new AbortController();
  const left = subscription.receive(leaver.signal);
  leaver.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  pulls[0]?.answer('a');
  await turn();
  expect(said).toEqual(['a back']);
});

test('a source that answers nothing at once is asked after a pause', async () => {
  const { subscription, pulls } = createSource();
  subscription.receive(signal).catch(() => {});
  pulls[0]?.answer();
  await vi.advanceTimersByTimeAsync(240);
  expect(pulls).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(20);
  expect(pulls).toHaveLength(2);
  // This one has waited at the broker already.
  await vi.advanceTimersByTimeAsync(5_000);
  pulls[1]?.answer();
  await turn();
  expect(pulls).toHaveLength(3);
  await subscription.close();
});

test('a pull that fails fails those who wait; the next one pulls again', async () => {
  const { subscription, pulls } = createSource();
  const waiting = [subscription.receive(signal), subscription.receive(signal)];
  pulls[0]?.fail(unreachable('b'));
  for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  const next = subscription.receive(signal);
  pulls[1]?.answer('a');
  expect(String((await next).body)).toBe('a');
});

async function takeAndSettle(
  { subscription, pulls }: ReturnType<typeof createSource>,
  id: string,
  as: 'used' | 'refused' | 'released',
) {
  const message = subscription.receive(signal);
  pulls.at(-1)?.answer(id);
  await (await message).settle(as);
  await turn();
}

test('N02 used is done with; released goes back and counts for nothing; refused goes back until max_attempts', async () => {
  const all = createSource();
  for (const as of ['used', 'released', 'released', 'refused', 'refused', 'refused'] as const) {
    await takeAndSettle(all, 'a', as);
  }
  expect(all.said).toEqual(['a done', 'a back', 'a back', 'a back', 'a buried', 'a buried']);
  expect(all.logged).toEqual([
    [{ backend: 'b', messageId: 'a' }, 'a message that cannot be used is buried'],
    [{ backend: 'b', messageId: 'a' }, 'a message that cannot be used is buried'],
  ]);
  await takeAndSettle(all, 'a', 'used');
  await takeAndSettle(all, 'a', 'refused');
  expect(all.said.slice(-2)).toEqual(['a done', 'a back']);
});

test('refusals of a thousand other messages make one forgotten', async () => {
  const all = createSource();
  await takeAndSettle(all, 'a', 'refused');
  for (let n = 0; n < 1_000; n++) await takeAndSettle(all, `m-${n}`, 'refused');
  await takeAndSettle(all, 'a', 'refused');
  expect(all.said.at(-1)).toBe('a back');
});

test('closing ends the pull and those who wait, then the source; afterwards nobody is served', async () => {
  const { subscription, pulls, said } = createSource();
  const waiting = subscription.receive(signal);
  waiting.catch(() => {});
  await subscription.close();
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_CLOSING' });
  expect([pulls[0]?.signal.aborted, said]).toEqual([true, ['source closed']]);
  await expect(subscription.receive(signal)).rejects.toMatchObject({ code: 'ERR_CLOSING' });
  expect(pulls).toHaveLength(1);
});
