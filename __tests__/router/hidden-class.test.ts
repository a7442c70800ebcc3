import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import express from 'express';
import express4 from 'express4';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shareHiddenClass } from '../../lib/router/hidden-class.js';

type Exchange = readonly [IncomingMessage, ServerResponse];
type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** What only V8 knows. */
let haveSameClass: (one: object, other: object) => boolean;

beforeAll(() => {
  setFlagsFromString('--allow-natives-syntax');
  haveSameClass = new Function('one', 'other', 'return %HaveSameMap(one, other)') as typeof haveSameClass;
});
afterAll(() => {
  setFlagsFromString('--no-allow-natives-syntax');
});

/** Runs two requests at once through a host and looks at both before either is answered. */
async function meanwhile(host: (listener: Listener) => Listener, look: (...exchanges: Exchange[]) => void) {
  const exchanges: Exchange[] = [];
  const server = createServer(
    host((request, response) => {
      exchanges.push([request, response]);
      if (exchanges.length < 2) return;
      try {
        look(...exchanges);
      } finally {
        for (const [, held] of exchanges) held.end();
      }
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  function fetchOnce(): Promise<void> {
    return new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', path: '/api/x', agent: false }, (response) => {
        response.resume().on('end', resolve);
      }).on('error', reject);
    });
  }
  await Promise.all([fetchOnce(), fetchOnce()]);
  await new Promise((resolve) => server.close(resolve));
}

function inExpress(listener: Listener): Listener {
  return express().use('/api', listener) as Listener;
}

function inExpress4(listener: Listener): Listener {
  return express4().use('/api', listener) as Listener;
}

describe.each([
  ['Express 5', inExpress],
  ['Express 4', inExpress4],
])('%s', (_, host) => {
  test('gives each response a class of its own, and afterwards all have the same', async () => {
    const seen: boolean[] = [];
    await meanwhile(host, (first, second) => {
      seen.push(haveSameClass(first[1], second[1]));
      for (const [request, response] of [first, second]) shareHiddenClass(request, response);
      seen.push(haveSameClass(first[1], second[1]), haveSameClass(first[0], second[0]));
    });
    expect(seen).toEqual([false, true, true]);
  });

  test('loses nothing', async () => {
    const views: unknown[] = [];
    await meanwhile(host, ([request, response]) => {
      const before = [Object.keys(request).sort(), Object.keys(response).sort()];
      shareHiddenClass(request, response);
      views.push(before, [Object.keys(request).sort(), Object.keys(response).sort()]);
      views.push((request as { res?: unknown }).res === response, response.req === request);
    });
    expect(views[1]).toEqual(views[0]);
    expect(views.slice(2)).toEqual([true, true]);
  });
});

test('leaves alone what no Express has touched', async () => {
  await meanwhile(
    (listener) => listener,
    ([request, response]) => {
      const keys = Object.keys(response);
      shareHiddenClass(request, response);
      expect(Object.keys(response)).toEqual(keys);
      expect(Object.hasOwn(request, 'res')).toBe(false);
    },
  );
});
