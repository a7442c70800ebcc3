import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, type Result } from './client.js';

/** One request and what became of it. */
export interface Answer {
  readonly status: number | undefined;
  readonly hasRetryAfter: boolean;
  /** Milliseconds. */
  readonly took: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Clients that come when they come, whether the others have been answered or not. */
export interface Crowd {
  ask(method: string, path: string): Promise<Answer>;
  /** Starts requests for so long, at a rate that may change with the share of the time that has passed. */
  offer(milliseconds: number, rate: (share: number) => number, start: () => Promise<Answer>): Promise<Answer[]>;
  close(): void;
}

const PATIENCE = 5_000;
/** Time that was lost is not made up for by more than so many requests at once. */
const BURST = 20;

export function createCrowd(port: number): Crowd {
  const idle: Client[] = [];

  async function ask(method: string, path: string): Promise<Answer> {
    const client = idle.pop() ?? createClient(port);
    const result = await client.run({
      methods: [method],
      bytes: Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: gateway.example\r\nContent-Length: 0\r\n\r\n`),
      behaviour: 'normal',
      delay: 0,
      patience: PATIENCE,
      fresh: false,
    });
    idle.push(client);
    return toAnswer(result);
  }

  return {
    ask,
    async offer(milliseconds, rate, start) {
      const startedAt = performance.now();
      const answers: Promise<Answer>[] = [];
      let due = 0;
      for (let last = startedAt; last - startedAt < milliseconds; ) {
        await sleep(2);
        const now = performance.now();
        const share = Math.min(1, (now - startedAt) / milliseconds);
        due = Math.min(BURST, due + ((now - last) / 1000) * rate(share));
        last = now;
        for (; due >= 1; due--) answers.push(start());
      }
      return Promise.all(answers);
    },
    close() {
      for (const client of idle) client.close();
    },
  };
}

function toAnswer({ responses, startedAt, endedAt }: Result): Answer {
  const response = responses[0]?.response;
  return {
    status: response?.status,
    hasRetryAfter: response?.headers.some(([name]) => name === 'retry-after') ?? false,
    took: endedAt - startedAt,
    startedAt,
    endedAt,
  };
}
