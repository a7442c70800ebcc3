import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { accepts, type Broker } from './kafka-server.js';

/** A real Redis that has written to disk what it answers, on a loopback port. */
export async function startDurableRedis(): Promise<Broker & { readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let running: ChildProcess | undefined;
  const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'yes', appendfsync: 'always' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);

  async function start(): Promise<void> {
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    running = child;
    for (let tries = 0; tries < 400; tries++) {
      if (child.exitCode !== null) throw new Error('redis-server ended while it was starting');
      if (await accepts(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('redis-server did not start');
  }
  function kill(): Promise<void> {
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }

  await start();
  return {
    address: `127.0.0.1:${port}`,
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
