import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';

/** A real server that tests can kill and start again. */
export interface Broker {
  readonly address: string;
  start(): Promise<void>;
  /** As a crash or a power cut would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export interface BrokerOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly port: number;
  /** What it keeps; removed when the broker is closed. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds in which it has to start. Default: a minute. */
  readonly patience?: number;
  /** Ends what it leaves behind when it is closed. */
  readonly cleanUp?: () => void;
}

/** Milliseconds between two looks. */
const PAUSE = 50;

/** Starts a server on a loopback port, and returns when it takes connections. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { program, args, port, folder, env = process.env, patience = 60_000, cleanUp } = options;
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    // A group of its own: some are scripts that start others, and all have to end.
    const child = spawn(program, args, { env, stdio: 'ignore', detached: true });
    running = child;
    for (let waited = 0; waited < patience; waited += PAUSE) {
      if (child.exitCode !== null) throw new Error(`${program} ended while it was starting`);
      if (await accepts(port)) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    throw new Error(`${program} did not start`);
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
    while (await accepts(port)) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }

  async function close(): Promise<void> {
    await kill();
    cleanUp?.();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return { address: `127.0.0.1:${port}`, start, kill, close };
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
