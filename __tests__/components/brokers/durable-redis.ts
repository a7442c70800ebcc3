import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from './broker.js';
import { freePort } from './free-port.js';

/** A real Redis that has written to disk what it answers, on a loopback port. */
export async function startDurableRedis(): Promise<Broker & { readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const options = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'yes', appendfsync: 'always' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const broker = await startBroker({ program: 'redis-server', args, port, folder });
  return { ...broker, url: `redis://${broker.address}` };
}
