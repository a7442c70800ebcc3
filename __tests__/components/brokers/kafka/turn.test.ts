import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAsyncQueue } from '../../../../lib/components/brokers/async-queue.js';
import { type Delivery, startTurn, type Turn } from '../../../../lib/components/brokers/kafka/turn.js';

const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp({ last, commit = async () => {} }: { last?: Turn; commit?: () => Promise<void> } = {}) {
  const queue = createAsyncQueue<Delivery>();
  const commits: string[] = [];
  const heartbeat = vi.fn(async () => {});
  const payload = {
    batch: { topic: 't', partition: 3 },
    heartbeat,
    async commitOffsetsIfNecessary({ topics }: { topics: { partitions: { offset: string }[] }[] }) {
      commits.push(...topics.flatMap(({ partitions }) => partitions.map(({ offset }) => offset)));
      await commit();
    },
  } as unknown as EachBatchPayload;
  const message = { offset: '7', value: Buffer.from('a'), key: Buffer.from('k') } as unknown as KafkaMessage;
  const giveUp = vi.fn(async () => {});
  const onDone = vi.fn();
  const turn = startTurn({ name: 'b', maxAttempts: 2, queue, giveUp, onDone }, payload, message, last);
  return { queue, commits, heartbeat, giveUp, onDone, turn };
}

test('a message is done with when it is used and committed', async () => {
  const { queue, commits, onDone, turn } = setUp();
  const { body, headers, settle } = await queue.take(signal);
  expect([String(body), headers['kafka-key']]).toEqual(['a', 'k']);
  await settle('used', signal);
  expect(await turn.isDone).toBe(true);
  expect([commits, turn.mayBeCommitted]).toEqual([['8'], false]);
  expect(onDone).toHaveBeenCalledOnce();
});

test('one that is refused too often is put aside', async () => {
  const { queue, commits, giveUp, turn } = setUp();
  await (await queue.take(signal)).settle('refused', signal);
  expect(giveUp).not.toHaveBeenCalled();
  const again = await queue.take(signal);
  await again.settle('refused', signal);
  expect(giveUp).toHaveBeenCalledWith(again);
  expect(await turn.isDone).toBe(true);
  expect(commits).toEqual(['8']);
});

test('one that is used by a request that has left goes to the next one', async () => {
  const { queue, turn } = setUp();
  await (await queue.take(signal)).settle('used', AbortSignal.abort());
  expect(turn.mayBeCommitted).toBe(true);
  await (await queue.take(signal)).settle('used', signal);
  expect(await turn.isDone).toBe(true);
});

test('a commit that is not heard may have been made, and the next turn of the message knows', async () => {
  const { queue, turn } = setUp({ commit: () => Promise.reject(new Error('closed')) });
  const failed = expect(turn.isDone).rejects.toThrow('closed');
  await expect((await queue.take(signal)).settle('used', signal)).rejects.toMatchObject({
    code: 'ERR_BACKEND_CONNECTION',
  });
  await failed;
  expect(turn.mayBeCommitted).toBe(true);
  const next = setUp({ last: turn });
  expect(next.turn.mayBeCommitted).toBe(true);
  await next.turn.giveBack();
  expect(next.commits).toEqual(['7']);
});

test('what was let go can no more be taken, nor settled', async () => {
  const { queue, commits, heartbeat, turn } = setUp();
  const { settle } = await queue.take(signal);
  turn.letGo();
  expect(await turn.isDone).toBe(false);
  await expect(settle('used', signal)).rejects.toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
  await turn.giveBack();
  expect(commits).toEqual([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(heartbeat).not.toHaveBeenCalled();
});

test('its group hears of a member whose message is out, and a group that does not answer ends the turn', async () => {
  const { heartbeat, turn } = setUp();
  const failed = expect(turn.isDone).rejects.toThrow('rebalancing');
  await vi.advanceTimersByTimeAsync(6_000);
  expect(heartbeat).toHaveBeenCalledTimes(2);
  heartbeat.mockRejectedValueOnce(new Error('rebalancing'));
  await vi.advanceTimersByTimeAsync(3_000);
  await failed;
});
