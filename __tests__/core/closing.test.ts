import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createClosing } from '../../lib/core/closing.js';

const error = vi.fn();
const quiet = vi.fn();
const logger = { debug: quiet, info: quiet, warn: quiet, error };

beforeEach(() => {
  error.mockClear();
});

describe('createClosing', () => {
  test('ends everything, the last one first, and waits for it', async () => {
    const closing = createClosing(logger);
    const ended: string[] = [];
    let finish = (): void => {};
    closing.at('a')(() => void ended.push('a'));
    closing.at('b')(
      () =>
        new Promise((resolve) => {
          ended.push('b');
          finish = resolve;
        }),
    );
    let isClosed = false;
    const closed = closing.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toEqual(['b', 'a']);
    expect(isClosed).toBe(false);
    finish();
    await closed;
    closing.giveUp();
    expect(error).not.toHaveBeenCalled();
  });

  test('logs what fails to end, and ends the rest', async () => {
    const closing = createClosing(logger);
    const err = new Error('stuck');
    const end = vi.fn();
    closing.at('a')(end);
    closing.at('b')(() => Promise.reject(err));
    closing.at('c')(() => {
      throw err;
    });
    await closing.close();
    expect(end).toHaveBeenCalledOnce();
    expect(error.mock.calls.map(([fields]) => fields)).toEqual([
      { at: 'c', err },
      { at: 'b', err },
    ]);
  });

  test('X01 what never ends is not waited for when it is given up, and is named', async () => {
    const closing = createClosing(logger);
    closing.at('endpoints[0].extra_config["a/b"]')(() => new Promise(() => {}));
    closing.at('quick')(() => {});
    // Nothing ends yet, so nothing is given up.
    closing.giveUp();
    const closed = closing.close();
    await new Promise((resolve) => setImmediate(resolve));
    closing.giveUp();
    await closed;
    expect(error.mock.calls).toEqual([
      [{ at: 'endpoints[0].extra_config["a/b"]' }, expect.stringMatching(/has not ended in time/)],
    ]);
  });
});
