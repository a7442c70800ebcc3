import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** Whether there is a Redis server to test against. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis) console.warn('redis-server is not installed: tests that need it are skipped');

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Keeps it from answering, without closing anything. */
  pause(): void;
  resume(): void;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again where it was, empty. */
  restart(): Promise<void>;
}

const START_MS = 20_000;

/** A real Redis server on a port of its own, with nothing on disk. `settings` are added to its own. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const port = await freePort();
  let child = await launch(port, settings);

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    async restart() {
      child = await launch(port, settings);
    },
  };
}

async function launch(port: number, settings: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const options = { port, bind: '127.0.0.1', save: '', appendonly: 'no', daemonize: 'no', ...settings };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  const end = performance.now() + START_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`redis-server has ended with code ${child.exitCode}`);
    if (performance.now() > end) throw new Error('redis-server does not listen');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
