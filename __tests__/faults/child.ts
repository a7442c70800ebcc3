import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command, Message, StartOptions, Stats } from './protocol.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The gateway's process, held by the driver. */
export interface GatewayProcess {
  readonly port: number;
  /** Collects garbage and measures; `isStart` begins a new span for the loop's delay. */
  stats(isStart?: boolean): Promise<Stats>;
  reload(config: Record<string, unknown>): Promise<void>;
  /** Asks it to drain and end; resolves when the gateway says that it has drained. */
  close(timeout: number): Promise<void>;
  readonly exited: Promise<Exit>;
  stderr(): string;
  kill(): void;
  isKilled(): boolean;
}

export async function startGateway(
  options: StartOptions,
  onMessage: (message: Message) => void,
): Promise<GatewayProcess> {
  const child = fork(fileURLToPath(new URL('./gateway-child.js', import.meta.url)), [], {
    // Warnings are told by event: what is printed nevertheless is a violation.
    execArgv: ['--expose-gc', '--max-old-space-size=256', '--no-warnings'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  let errors = '';
  let isKilled = false;
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdout?.on('data', (chunk) => {
    errors += chunk;
  });
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const waiting = new Map<Message['type'], (message: Message) => void>();

  child.on('message', function receive(message: Message) {
    const resolve = waiting.get(message.type);
    waiting.delete(message.type);
    if (resolve) resolve(message);
    else onMessage(message);
  });

  function ask(command: Command, answer: Message['type']): Promise<Message> {
    return new Promise((resolve, reject) => {
      waiting.set(answer, resolve);
      exited.then(({ code }) =>
        reject(new Error(`the gateway's process ended with ${code}: ${errors.slice(0, 2000)}`)),
      );
      child.send(command);
    });
  }

  const listening = await ask({ type: 'start', options }, 'listening');
  return {
    port: listening.type === 'listening' ? listening.port : 0,
    exited,
    async stats(isStart = false) {
      const message = await ask({ type: 'stats', isStart }, 'stats');
      if (message.type !== 'stats') throw new Error('no stats');
      return message.stats;
    },
    async reload(config) {
      await ask({ type: 'reload', config }, 'reloaded');
    },
    async close(timeout) {
      await ask({ type: 'close', timeout }, 'closed');
    },
    stderr() {
      return errors;
    },
    kill() {
      isKilled = true;
      child.kill('SIGKILL');
    },
    isKilled() {
      return isKilled;
    },
  };
}
