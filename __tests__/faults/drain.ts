import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backends } from './backends.js';
import type { Exit, GatewayProcess } from './child.js';
import { createClient, type Result } from './client.js';
import { headerValues } from './http-response.js';
import { type Finding, toExchange } from './load.js';
import type { Turn } from './turn.js';
import { verifyTurn } from './verify.js';

/** Figures of G13. */
export interface DrainFigures {
  /** Requests that were under way when the wish to close was uttered. */
  readonly underWay: number;
  /** Requests that came too late and were turned away with 503. */
  readonly refused: number;
  /** Milliseconds from the wish until the gateway said that it was done. */
  readonly milliseconds: number;
  readonly exit: Exit | undefined;
}

export interface DrainOptions {
  readonly gateway: GatewayProcess;
  readonly backends: Backends;
  readonly connections: number;
  /** Milliseconds. */
  readonly limit: number;
  /** A turn whose backends are well and whose client behaves. */
  readonly next: () => Turn;
  readonly onFinding: (finding: Finding) => void;
}

const LEAD = 300;
const EXIT_TIME = 1000;

/** Closes the gateway under load: what it has taken on it must finish, what comes later it must turn away. */
export async function drainUnderLoad(options: DrainOptions): Promise<DrainFigures> {
  const { gateway, backends, connections, limit, next, onFinding } = options;
  let wishedAt = Number.POSITIVE_INFINITY;
  let underWay = 0;
  let refused = 0;

  function isRefusal(result: Result): boolean {
    const answer = result.responses[0]?.response;
    return (
      answer?.status === 503 &&
      headerValues(answer, 'connection').includes('close') &&
      headerValues(answer, 'retry-after').length === 1
    );
  }

  /** False when the connection is of no use any more. */
  function judge(turn: Turn, result: Result): boolean {
    if (result.startedAt < wishedAt && result.endedAt > wishedAt) underWay += 1;
    // What has called a backend was taken on; what has not may have been on its way when the gateway closed its doors.
    const wasTakenOn = turn.requests.some(({ calls }) => calls.length > 0);
    if (result.endedAt > wishedAt && !wasTakenOn) {
      if (isRefusal(result)) {
        refused += 1;
        return false;
      }
      if (result.ending === 'closed' && result.received.length === 0) return false;
    }
    // The wish needs a moment to arrive: until then the answer is the usual one.
    for (const violation of verifyTurn(turn, result, () => false).violations) {
      onFinding({
        turn,
        result,
        invariant: 'G13',
        message: `while closing: ${violation.invariant} ${violation.message}`,
      });
    }
    return result.ending === 'answered';
  }

  async function work(): Promise<void> {
    const client = createClient(gateway.port);
    for (let isOpen = true; isOpen; ) {
      const turn = next();
      for (const request of turn.requests) backends.register(request);
      const result = await client.run({ ...toExchange(turn), fresh: false });
      isOpen = judge(turn, result);
    }
    client.close();
  }

  const workers = Promise.all(Array.from({ length: connections }, work));
  await sleep(LEAD);
  wishedAt = performance.now();
  const isClosed = await Promise.race([gateway.close(limit).then(() => true), sleep(limit + 1000).then(() => false)]);
  const milliseconds = performance.now() - wishedAt;
  if (!isClosed) onFinding({ turn: undefined, result: undefined, invariant: 'I14', message: 'close() did not end' });
  const exit = await Promise.race([gateway.exited, sleep(EXIT_TIME).then(() => undefined)]);
  if (!exit) gateway.kill();
  await workers;
  return { underWay, refused, milliseconds, exit };
}
