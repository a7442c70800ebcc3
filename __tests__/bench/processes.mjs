// Child processes: who runs where, and how to talk to them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** With two cores or more the contender has the last one to itself, and everybody else the others. */
const canPin = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;
const LAST = availableParallelism() - 1;
const CORES = { contender: String(LAST), others: LAST === 1 ? '0' : `0-${LAST - 1}` };

/**
 * Runs a script of this folder.
 *
 * @param {'contender' | 'others'} place
 * @param {string[]} flags of Node
 * @param {string} script
 * @param {string[]} parameters
 */
export function startProcess(place, flags, script, ...parameters) {
  const command = [process.execPath, ...flags, fileURLToPath(new URL(script, import.meta.url)), ...parameters];
  const [program, ...rest] = canPin ? ['taskset', '-c', CORES[place], ...command] : command;
  const child = spawn(program, rest, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  child.on('exit', (code, signal) => {
    if (code !== 0) console.error(`${script} ${parameters.slice(0, 2).join(' ')} ended with ${code ?? signal}`);
  });

  /** The next message; rejects when the child ends instead. */
  async function hear() {
    const ended = new AbortController();
    const gone = once(child, 'exit', { signal: ended.signal }).then(() => {
      throw new Error(`${script} ${parameters.slice(0, 2).join(' ')} ended before it answered.`);
    });
    gone.catch(() => {});
    try {
      const [message] = await Promise.race([once(child, 'message', { signal: ended.signal }), gone]);
      return message;
    } finally {
      ended.abort();
    }
  }

  return {
    hear,
    tell: (message) => child.send(message),
    ask(message) {
      const answer = hear();
      child.send(message);
      return answer;
    },
    stop() {
      const closed = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
      child.disconnect();
      return closed;
    },
  };
}
