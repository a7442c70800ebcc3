import { describe, expect, test, vi } from 'vitest';
import { createSingleFlight } from '../../../lib/components/http-cache/single-flight.js';

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('createSingleFlight', () => {
  test('K04 one fetch for all who ask while it is under way, and a new one after it', async () => {
    const fetches = createSingleFlight<number>();
    const signals = Array.from({ length: 500 }, () => new AbortController().signal);
    const signal = signals[0] as AbortSignal;
    const work = deferred<number>();
    let starts = 0;
    const start = () => {
      starts++;
      return work.promise;
    };
    const boardings = signals.map((each) => fetches.join('key', each, start));
    expect(boardings.filter(({ isFirst }) => isFirst)).toHaveLength(1);
    work.resolve(7);
    expect(new Set(await Promise.all(boardings.map(({ result }) => result)))).toEqual(new Set([7]));
    expect(starts).toBe(1);
    expect(fetches.join('key', signal, start).isFirst).toBe(true);
    expect(fetches.join('other', signal, start).isFirst).toBe(true);
  });

  test('K04 the first one leaves, the others arrive', async () => {
    const fetches = createSingleFlight<string>();
    const work = deferred<string>();
    let inFlight!: AbortSignal;
    const first = new AbortController();
    const leaving = fetches.join('key', first.signal, (signal) => {
      inFlight = signal;
      return work.promise;
    });
    const staying = fetches.join('key', new AbortController().signal, () => Promise.reject(new Error('second start')));
    const reason = new Error('the client left');
    first.abort(reason);
    await expect(leaving.result).rejects.toBe(reason);
    expect(inFlight.aborted).toBe(false);
    work.resolve('here');
    expect(await staying.result).toBe('here');
  });

  test('T04 after the result a waiters has nothing to do with the fetch any more', async () => {
    const fetches = createSingleFlight<string>();
    const work = deferred<string>();
    let inFlight!: AbortSignal;
    const waiters = new AbortController();
    const { result } = fetches.join('key', waiters.signal, (signal) => {
      inFlight = signal;
      return work.promise;
    });
    work.resolve('here');
    expect(await result).toBe('here');
    await new Promise(setImmediate);
    waiters.abort();
    expect(inFlight.aborted).toBe(false);
  });

  test('T02 with the last waiters the fetch ends, and the next one takes another', async () => {
    const fetches = createSingleFlight<string>();
    const work = deferred<string>();
    let inFlight!: AbortSignal;
    const controllers = [new AbortController(), new AbortController()];
    const boardings = controllers.map(({ signal }) =>
      fetches.join('key', signal, (shared) => {
        inFlight = shared;
        return work.promise;
      }),
    );
    for (const [index, controller] of controllers.entries()) controller.abort(new Error(String(index)));
    await Promise.all(boardings.map(({ result }, index) => expect(result).rejects.toThrow(String(index))));
    expect(inFlight.aborted).toBe(true);
    expect((inFlight.reason as Error).message).toBe('1');
    const next = fetches.join('key', new AbortController().signal, () => Promise.resolve('fresh'));
    expect(next.isFirst).toBe(true);
    work.resolve('late');
    expect(await next.result).toBe('fresh');
  });

  test('any number of listeners may wait for its end', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const fetches = createSingleFlight<string>();
    fetches.join('key', new AbortController().signal, (signal) => {
      for (let n = 0; n < 20; n++) signal.addEventListener('abort', () => {});
      return new Promise(() => {});
    });
    expect(emitWarning).not.toHaveBeenCalled();
    emitWarning.mockRestore();
  });

  test('who comes too late does not take off', async () => {
    const fetches = createSingleFlight<string>();
    const reason = new Error('gone');
    let inFlight!: AbortSignal;
    const { result } = fetches.join('key', AbortSignal.abort(reason), (signal) => {
      inFlight = signal;
      return new Promise(() => {});
    });
    await expect(result).rejects.toBe(reason);
    expect(inFlight.aborted).toBe(true);
  });

  test('a failure reaches everybody, and nobody else', async () => {
    const fetches = createSingleFlight<string>();
    const { signal } = new AbortController();
    const failure = new Error('down');
    const boardings = [1, 2].map(() => fetches.join('key', signal, () => Promise.reject(failure)));
    for (const { result } of boardings) await expect(result).rejects.toBe(failure);
    expect(await fetches.join('key', signal, () => Promise.resolve('up')).result).toBe('up');
  });
});
