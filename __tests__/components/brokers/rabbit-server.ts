import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accepts, type Broker } from './broker.js';
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
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    // A group of its own: the script starts Erlang, and both have to end.
    const child = spawn(join(ROOT, VERSION ?? '', 'sbin', 'rabbitmq-server'), { env, stdio: 'ignore', detached: true });
    running = child;
    for (let tries = 0; tries < 1_800; tries++) {
      if (child.exitCode !== null) throw new Error('RabbitMQ ended while it was starting');
      if (await accepts(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('RabbitMQ did not start');
  }

  async function kill(): Promise<void> {
    const child = running;
    running = undefined;
    if (child?.pid === undefined || child.exitCode !== null) return;
    const { pid } = child;
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      process.kill(-pid, 'SIGKILL');
    });
    while (await accepts(port)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async function close(): Promise<void> {
    await kill();
    try {
      execFileSync('epmd', ['-port', String(mapper), '-kill'], { env, stdio: 'ignore' });
    } catch {
      // It has ended with its last node.
    }
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    address: `127.0.0.1:${port}`,
    url: `amqp://guest:guest@127.0.0.1:${port}/`,
    start,
    kill,
    close,
  };
}
