import { describe, expect, test, vi } from 'vitest';
import { createFlights } from '../../../lib/components/http-cache/single-flight.js';

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('createFlights', () => {
  test('K04 one flight for all who ask while it is under way, and a new one after it', async () => {
    const flights = createFlights<number>();
    const signals = Array.from({ length: 500 }, () => new AbortController().signal);
    const signal = signals[0] as AbortSignal;
    const work = deferred<number>();
    let starts = 0;
    const start = () => {
      starts++;
      return work.promise;
    };
    const boardings = signals.map((each) => flights.board('key', each, start));
    expect(boardings.filter(({ isFirst }) => isFirst)).toHaveLength(1);
    work.resolve(7);
    expect(new Set(await Promise.all(boardings.map(({ arrival }) => arrival)))).toEqual(new Set([7]));
    expect(starts).toBe(1);
    expect(flights.board('key', signal, start).isFirst).toBe(true);
    expect(flights.board('other', signal, start).isFirst).toBe(true);
  });

  test('K04 the first one leaves, the others arrive', async () => {
    const flights = createFlights<string>();
    const work = deferred<string>();
    let inFlight!: AbortSignal;
    const first = new AbortController();
    const leaving = flights.board('key', first.signal, (signal) => {
      inFlight = signal;
      return work.promise;
    });
    const staying = flights.board('key', new AbortController().signal, () => Promise.reject(new Error('second start')));
    const reason = new Error('the client left');
    first.abort(reason);
    await expect(leaving.arrival).rejects.toBe(reason);
    expect(inFlight.aborted).toBe(false);
    work.resolve('here');
    expect(await staying.arrival).toBe('here');
  });

  test('T04 after the arrival a passenger has nothing to do with the flight any more', async () => {
    const flights = createFlights<string>();
    const work = deferred<string>();
    let inFlight!: AbortSignal;
    const passenger = new AbortController();
    const { arrival } = flights.board('key', passenger.signal, (signal) => {
      inFlight = signal;
      return work.promise;
    });
    work.resolve('here');
    expect(await arrival).toBe('here');
    await new Promise(setImmediate);
    passenger.abort();
    expect(inFlight.aborted).toBe(false);
  });

  test('T02 with the last passenger the flight ends, and the next one takes another', async () => {
    const flights = createFlights<string>();
    const work = deferred<string>();
    let inFlight!: AbortSignal;
    const controllers = [new AbortController(), new AbortController()];
    const boardings = controllers.map(({ signal }) =>
      flights.board('key', signal, (shared) => {
        inFlight = shared;
        return work.promise;
      }),
    );
    for (const [index, controller] of controllers.entries()) controller.abort(new Error(String(index)));
    await Promise.all(boardings.map(({ arrival }, index) => expect(arrival).rejects.toThrow(String(index))));
    expect(inFlight.aborted).toBe(true);
    expect((inFlight.reason as Error).message).toBe('1');
    const next = flights.board('key', new AbortController().signal, () => Promise.resolve('fresh'));
    expect(next.isFirst).toBe(true);
    work.resolve('late');
    expect(await next.arrival).toBe('fresh');
  });

  test('any number of listeners may wait for its end', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const flights = createFlights<string>();
    flights.board('key', new AbortController().signal, (signal) => {
      for (let n = 0; n < 20; n++) signal.addEventListener('abort', () => {});
      return new Promise(() => {});
    });
    expect(emitWarning).not.toHaveBeenCalled();
    emitWarning.mockRestore();
  });

  test('who comes too late does not take off', async () => {
    const flights = createFlights<string>();
    const reason = new Error('gone');
    let inFlight!: AbortSignal;
    const { arrival } = flights.board('key', AbortSignal.abort(reason), (signal) => {
      inFlight = signal;
      return new Promise(() => {});
    });
    await expect(arrival).rejects.toBe(reason);
    expect(inFlight.aborted).toBe(true);
  });

  test('a failure reaches everybody, and nobody else', async () => {
    const flights = createFlights<string>();
    const { signal } = new AbortController();
    const failure = new Error('down');
    const boardings = [1, 2].map(() => flights.board('key', signal, () => Promise.reject(failure)));
    for (const { arrival } of boardings) await expect(arrival).rejects.toBe(failure);
    expect(await flights.board('key', signal, () => Promise.resolve('up')).arrival).toBe('up');
  });
});
