import { setMaxListeners } from 'node:events';

/** Lets those who want the same thing at the same time wait for one who fetches it. */
export interface Flights<T> {
  /**
   * Joins the flight under this key, or starts one. What it brings settles for each passenger alone: one whose signal is
   * aborted leaves with its reason, and the flight goes on for the others. With the last one gone it is aborted.
   */
  board(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Boarding<T>;
}

export interface Boarding<T> {
  /** True for the one whose request made it start. */
  readonly isFirst: boolean;
  readonly arrival: Promise<T>;
}

interface Flight<T> {
  readonly controller: AbortController;
  readonly arrival: Promise<T>;
  passengers: number;
}

export function createFlights<T>(): Flights<T> {
  const flights = new Map<string, Flight<T>>();

  function depart(key: string, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const flight: Flight<T> = {
      controller,
      passengers: 0,
      arrival: start(controller.signal).finally(() => {
        if (flights.get(key) === flight) flights.delete(key);
      }),
    };
    // Everybody may have left by the time it fails.
    flight.arrival.catch(ignore);
    flights.set(key, flight);
    return flight;
  }

  function travel(key: string, flight: Flight<T>, signal: AbortSignal): Promise<T> {
    return new Promise<T>(function wait(resolve, reject) {
      if (signal.aborted) {
        leave();
        return;
      }
      flight.passengers++;
      signal.addEventListener('abort', leaveEarly);
      flight.arrival.then(resolve, reject).finally(() => signal.removeEventListener('abort', leaveEarly));

      function leaveEarly(): void {
        signal.removeEventListener('abort', leaveEarly);
        flight.passengers--;
        leave();
      }

      function leave(): void {
        reject(signal.reason);
        if (flight.passengers > 0) return;
        if (flights.get(key) === flight) flights.delete(key);
        flight.controller.abort(signal.reason);
      }
    });
  }

  return {
    board(key, signal, start) {
      const current = flights.get(key);
      const flight = current ?? depart(key, start);
      return { isFirst: current === undefined, arrival: travel(key, flight, signal) };
    },
  };
}

function ignore(): void {}
