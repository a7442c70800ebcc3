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
}

/** Milliseconds between two looks whether it has started, and how many there are. */
const PAUSE = 50;
const LOOKS = 1_200;

/** Starts a server on a loopback port, and returns when it takes connections. */
export async function startBroker({ program, args, port, folder }: BrokerOptions): Promise<Broker> {
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    const child = spawn(program, args, { stdio: 'ignore' });
    running = child;
    for (let looks = 0; looks < LOOKS; looks++) {
      if (child.exitCode !== null) throw new Error(`${program} ended while it was starting`);
      if (await accepts(port)) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    throw new Error(`${program} did not start`);
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

  async function close(): Promise<void> {
    await kill();
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
