import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from './broker.js';
import { freePort } from './free-port.js';

/** Debian's command changes to a user of its own; what it starts is below this folder. */
const ROOT = '/usr/lib/rabbitmq/lib';
const VERSION = existsSync(ROOT) ? readdirSync(ROOT).find((name) => name.startsWith('rabbitmq_server')) : undefined;

export const hasRabbit = VERSION !== undefined && spawnSync('which', ['epmd']).status === 0;

/** A real broker on loopback ports, with its data in a folder of its own. */
export async function startRabbit(): Promise<Broker & { readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'rabbit-'));
  const [port, distribution, mapper] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, 'plugins'), '[].');
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    ERL_EPMD_PORT: String(mapper),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `test${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'none'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    // Threads that spin while they wait would take the machine from the tests.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2',
  };
  const broker = await startBroker({
    program: join(ROOT, VERSION ?? '', 'sbin', 'rabbitmq-server'),
    args: [],
    port,
    folder,
    env,
    patience: 180_000,
    cleanUp() {
      try {
        execFileSync('epmd', ['-port', String(mapper), '-kill'], { env, stdio: 'ignore' });
      } catch {
        // It has ended with its last node.
      }
    },
  });
  return { ...broker, url: `amqp://guest:guest@${broker.address}/` };
}
