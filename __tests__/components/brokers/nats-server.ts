import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { accepts, type Broker } from './kafka-server.js';

export const hasNats = spawnSync('nats-server', ['--version']).status === 0;

/** A real server with streams, on a loopback port, with its data in a folder of its own. */
export async function startNats(): Promise<Broker & { readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-'));
  const port = await freePort();
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder], {
      stdio: 'ignore',
    });
    running = child;
    for (let tries = 0; tries < 400; tries++) {
      if (child.exitCode !== null) throw new Error('nats-server ended while it was starting');
      if (await accepts(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('nats-server did not start');
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
    url: `nats://127.0.0.1:${port}`,
    start,
    kill,
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
