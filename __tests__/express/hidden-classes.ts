import { get, type IncomingMessage, type RequestListener, type ServerOptions, type ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { serve } from '../router/wire.js';

export type Exchange = readonly [IncomingMessage, ServerResponse];

/** What only V8 knows of objects. */
export interface Natives {
  haveSameClass(one: object, other: object): boolean;
  isFast(object: object): boolean;
}

/** Its functions may be called as long as the flag is set. */
export function allowNatives(): Natives {
  setFlagsFromString('--allow-natives-syntax');
  return {
    haveSameClass: new Function('one', 'other', 'return %HaveSameMap(one, other)') as Natives['haveSameClass'],
    isFast: new Function('object', 'return %HasFastProperties(object)') as Natives['isFast'],
  };
}

export function forbidNatives(): void {
  setFlagsFromString('--no-allow-natives-syntax');
}

/** Runs two requests at once through a server and looks at both before either is answered. */
export async function meanwhile(
  host: (listener: RequestListener) => RequestListener,
  look: (...exchanges: Exchange[]) => void,
  optionsOf: (listener: RequestListener) => ServerOptions = () => ({}),
): Promise<void> {
  const exchanges: Exchange[] = [];
  const listener = host(function hold(request, response) {
    exchanges.push([request, response]);
    if (exchanges.length < 2) return;
    try {
      look(...exchanges);
    } finally {
      for (const [, held] of exchanges) held.end();
    }
  });
  const { port, close } = await serve(listener, optionsOf(listener));
  function fetchOnce(): Promise<void> {
    return new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', path: '/api/x', agent: false }, (response) => {
        response.resume().on('end', resolve);
      }).on('error', reject);
    });
  }
  await Promise.all([fetchOnce(), fetchOnce()]);
  await close();
}
