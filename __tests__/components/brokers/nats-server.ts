import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from './broker.js';
import { freePort } from './free-port.js';

export const hasNats = spawnSync('nats-server', ['--version']).status === 0;

/** A real server with streams, on a loopback port, with its data in a folder of its own. */
export async function startNats(): Promise<Broker & { readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-'));
  const port = await freePort();
  const args = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
  const broker = await startBroker({ program: 'nats-server', args, port, folder });
  return { ...broker, url: `nats://${broker.address}` };
}
