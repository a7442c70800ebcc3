import { afterEach, expect, test, vi } from 'vitest';
import { guardLogger, type Logger, silentLogger } from '../lib/logger.js';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

afterEach(() => {
  vi.restoreAllMocks();
});

function loggerOf(log: (fields: object, message: string) => unknown): Logger {
  return { debug: log, info: log, warn: log, error: log } as Logger;
}

test('the default says nothing', () => {
  const spies = (['log', 'debug', 'info', 'warn', 'error'] as const).map((name) => vi.spyOn(console, name));
  for (const level of LEVELS) expect(silentLogger[level]({}, 'x')).toBeUndefined();
  for (const spy of spies) expect(spy).not.toHaveBeenCalled();
});

test('a guarded logger hands each level on, with its own this', () => {
  const lines: unknown[] = [];
  class Log {
    readonly name = 'mine';
    write(level: string, fields: object, message: string) {
      lines.push([this.name, level, fields, message]);
    }
    debug(fields: object, message: string) {
      this.write('debug', fields, message);
    }
    info(fields: object, message: string) {
      this.write('info', fields, message);
    }
    warn(fields: object, message: string) {
      this.write('warn', fields, message);
    }
    error(fields: object, message: string) {
      this.write('error', fields, message);
    }
  }
  const logger = guardLogger(new Log());
  for (const level of LEVELS) logger[level]({ a: 1 }, 'hello');
  expect(lines).toEqual(LEVELS.map((level) => ['mine', level, { a: 1 }, 'hello']));
});

test('E03 a logger that throws, rejects or never settles harms nobody', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const broken = [
    () => {
      throw new Error('disk full');
    },
    () => Promise.reject(new Error('disk full')),
    () => new Promise(() => {}),
    () => 'junk',
  ];
  for (const log of broken) {
    const logger = guardLogger(loggerOf(log));
    for (const level of LEVELS) expect(logger[level]({}, 'x')).toBeUndefined();
  }
  await new Promise(setImmediate);
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
