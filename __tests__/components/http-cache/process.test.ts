import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { hasRedis, type RedisServer, startRedis } from '../../support/redis-server.js';

const CHILD = fileURLToPath(new URL('gateway-child.mjs', import.meta.url));
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Faulty {
  readonly server: RedisServer;
  /** To do harm with. */
  readonly admin: Redis;
}

async function startFaulty(): Promise<Faulty> {
  const dir = mkdtempSync(join(tmpdir(), 'redis-'));
  ends.push(() => rmSync(dir, { recursive: true }));
  const server = await startRedis({ dir, 'enable-debug-command': 'yes' });
  ends.push(() => server.kill());
  const admin = new Redis(server.port, '127.0.0.1', { maxRetriesPerRequest: 0 });
  admin.on('error', () => {});
  ends.push(() => admin.disconnect());
  return { server, admin };
}

/** A process whose gateways have their stores in that Redis; the package must have been built. */
function startProcess() {
  const child: ChildProcess = fork(CHILD, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  ends.push(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const exit = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process has ended with ${code ?? signal}: ${errors}`);
  });
  exit.catch(() => {});

  async function ask<T>(...message: readonly unknown[]): Promise<T> {
    child.send(message);
    const [reply] = (await Promise.race([once(child, 'message'), exit])) as [T];
    return reply;
  }

  async function open(client: string, port: number) {
    const address = `http://127.0.0.1:${await ask<number>('start', { client, port })}`;
    async function request(id: number, method: string): Promise<number> {
      const headers: Record<string, string> = id % 2 === 0 ? { accept: 'a' } : {};
      const response = await Promise.race([fetch(`${address}/x/${id}`, { method, headers }), exit]);
      await response.arrayBuffer();
      return response.status;
    }
    /** Reads and writes of few URLs, at the same time. */
    return async function traffic(rounds: number): Promise<Set<number>> {
      const statuses = new Set<number>();
      for (let round = 0; round < rounds; round++) {
        const wave = Array.from({ length: 12 }, (_, id) => request(id % 4, id % 3 === 0 ? 'PUT' : 'GET'));
        for (const status of await Promise.all(wave)) statuses.add(status);
      }
      return statuses;
    };
  }
  return { open, lines: () => ask<string[]>('lines') };
}

const FAULTS: readonly [string, (faulty: Faulty) => Promise<unknown>][] = [
  ['is killed', ({ server }) => server.kill()],
  ['hangs', async ({ server }) => server.pause()],
  ['is READONLY', ({ admin }) => admin.call('REPLICAOF', '127.0.0.1', '1')],
  [
    'is a replica without its master (MASTERDOWN)',
    async ({ admin }) => {
      await admin.config('SET', 'replica-serve-stale-data', 'no');
      await admin.call('REPLICAOF', '127.0.0.1', '1');
    },
  ],
  ['permits nothing (NOPERM)', ({ admin }) => admin.call('ACL', 'SETUSER', 'default', '-@all')],
  ['permits no write (NOPERM)', ({ admin }) => admin.call('ACL', 'SETUSER', 'default', '-@write', '-eval', '-evalsha')],
  ['is full (OOM)', ({ admin }) => admin.config('SET', 'maxmemory', '1')],
  ['is LOADING', startLoading],
];

/** Some seconds of it. */
async function startLoading({ admin }: Faulty): Promise<void> {
  await admin.config('SET', 'key-load-delay', '20000');
  await admin.config('SET', 'loading-process-events-interval-bytes', '1024');
  // Random, so that they cannot be compressed.
  for (let key = 0; key < 100; key++) await admin.set(`ballast ${key}`, randomBytes(1_500).toString('base64'));
  admin.call('DEBUG', 'RELOAD').catch(() => {});
  const probe = admin.duplicate({ enableReadyCheck: false });
  await expect.poll(() => probe.get('x').catch(String)).toContain('LOADING');
  probe.disconnect();
}

describe.skipIf(!hasRedis).each(['ioredis', 'node-redis'])('S13 by %s (skipped without redis-server)', (client) => {
  test('a Redis that fails, however it does, ends no process and fails no request', { timeout: 120_000 }, async () => {
    const { open, lines } = startProcess();
    for (const [what, harm] of FAULTS) {
      const faulty = await startFaulty();
      const traffic = await open(client, faulty.server.port);
      expect(await traffic(2)).toEqual(new Set([200]));
      const meanwhile = traffic(5);
      await harm(faulty);
      expect(await meanwhile, what).toEqual(new Set([200]));
      expect(await traffic(5), what).toEqual(new Set([200]));
      const said = await lines();
      expect(
        said.filter((line) => line.includes('cache store')),
        what,
      ).toHaveLength(1);
      expect(said.filter((line) => line.includes('rate limits fails')).length, what).toBeLessThanOrEqual(1);
    }
    // What is only noticed later.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await lines()).toBeInstanceOf(Array);
  });
});
