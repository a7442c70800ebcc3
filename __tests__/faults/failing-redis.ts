import { createRandom } from './random.js';

/** The part of a Redis client that the gateway's cache calls. */
export interface RedisLike {
  call(command: string, ...args: string[]): Promise<unknown>;
}

const FAULTS = [
  'LOADING Redis is loading the dataset in memory',
  'NOPERM this user has no permissions to run the command',
  "READONLY You can't write against a read only replica.",
  'OOM command not allowed when used memory > maxmemory',
  'Connection is closed.',
];
const HANGS = 0.1;
const FAILS = 0.4;
const THROWS = 0.02;

/** Half of the time a Redis, half of the time one that is loading, full, read-only, gone, or silent. */
export function createFailingRedis(): RedisLike {
  const random = createRandom(6379);
  const kept = new Map<string, { value: string; until: number }>();

  function obey(command: string, [key = '', value = '', , milliseconds = '0', ...more]: string[]): unknown {
    if (command === 'SET') kept.set(key, { value, until: Date.now() + Number(milliseconds) });
    else if (command === 'GET') {
      const found = kept.get(key);
      return found && found.until > Date.now() ? found.value : null;
    } else if (command === 'UNLINK' || command === 'DEL') {
      for (const one of [key, value, milliseconds, ...more]) kept.delete(one);
      return 1;
    } else if (command === 'SCAN') return ['0', [...kept.keys()]];
    return 'OK';
  }

  return {
    call(command, ...args) {
      const draw = random.next();
      if (draw < THROWS) throw Object.assign(new Error('The client is closed'), { stack: 'closed' });
      if (draw < HANGS) return new Promise(() => {});
      if (draw < HANGS + FAILS) {
        const fault = new Error(random.pick(FAULTS));
        // The lab's own paths are no leak of the gateway's.
        fault.stack = fault.message;
        return new Promise((_, reject) => setTimeout(reject, random.int(0, 5), fault));
      }
      return Promise.resolve(obey(command.toUpperCase(), args));
    },
  };
}
