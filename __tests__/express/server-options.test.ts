import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { createServer, get as getByTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import express from 'express';
import express4 from 'express4';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../lib/errors.js';
import { isMadeForExpress, serverOptions } from '../../lib/express/server-options.js';
import { serve, type Wire } from '../router/wire.js';
import { allowNatives, forbidNatives, meanwhile, type Natives } from './hidden-classes.js';

let natives: Natives;
beforeAll(() => {
  natives = allowNatives();
});
afterAll(forbidNatives);

let wire: Wire | undefined;
afterEach(async () => {
  await wire?.close();
  wire = undefined;
});

async function get(app: express.Express, path = '/'): Promise<unknown> {
  wire = await serve(app, serverOptions(app));
  return (await fetch(`http://127.0.0.1:${wire.port}${path}`)).json();
}

type Shouting = express.Request & { shout(): string };

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_, create) => {
  test('finds nothing to change: all requests and responses have the same hidden classes', async () => {
    const seen: boolean[] = [];
    await meanwhile(
      (listener) => create().use('/api', listener),
      (first, second) => {
        for (const index of [0, 1] as const) {
          seen.push(natives.haveSameClass(first[index], second[index]), natives.isFast(first[index]));
        }
        seen.push(isMadeForExpress(first[0]));
      },
      (app) => serverOptions(app as express.Express),
    );
    expect(seen).toEqual([true, true, true, true, true]);
  });

  test('requests and responses are what they were', async () => {
    const app = create();
    app.get('/own', (request: express.Request, response: express.Response) => {
      response.locals.a = 1;
      response.status(201).json({
        kinds: [request instanceof IncomingMessage, response instanceof ServerResponse],
        names: [request.constructor.name, response.constructor.name],
        apps: [request.app === app, response.app === app],
        linked: [request.res === response, response.req === request],
        helpers: [request.get('host') !== undefined, request.query, request.ip, response.locals],
      });
    });
    expect(await get(app, '/own?q=1')).toEqual({
      kinds: [true, true],
      names: ['IncomingMessage', 'ServerResponse'],
      apps: [true, true],
      linked: [true, true],
      helpers: [true, { q: '1' }, '127.0.0.1', { a: 1 }],
    });
  });

  test('keeps what an app adds to its requests, before and after', async () => {
    const app = create();
    Object.assign(app.request, { shout: () => 'before' });
    const options = serverOptions(app);
    Object.assign(app.response, { whisper: () => 'after' });
    app.get('/', (request, response) => {
      response.json([(request as Shouting).shout(), (response as never as { whisper(): string }).whisper()]);
    });
    expect(await get(app)).toEqual(['before', 'after']);
    expect(serverOptions(app)).toBe(options);
  });

  test('keeps it when the app is mounted in another one', async () => {
    const inner = create();
    Object.assign(inner.request, { shout: () => 'inner' });
    serverOptions(inner);
    inner.get('/', (request, response) => {
      response.json([(request as Shouting).shout(), request.app === inner, request.baseUrl]);
    });
    const outer = create().use('/inner', inner);
    expect(await get(outer, '/inner')).toEqual(['inner', true, '/inner']);
  });

  test('apps inside the app inherit what is added later', async () => {
    const inner = create();
    inner.get('/', (request, response) => {
      response.json([(request as Shouting).shout(), request.app === inner]);
    });
    const outer = create().use('/inner', inner);
    Object.assign(outer.request, { shout: () => 'before' });
    serverOptions(outer);
    Object.assign(outer.request, { shout: () => 'after' });
    expect(await get(outer, '/inner')).toEqual(['after', true]);
  });

  test('apps inside the app have their own, and give them back', async () => {
    const seen: unknown[] = [];
    const inner = create();
    inner.use((request: express.Request, _response: express.Response, next: () => void) => {
      seen.push(request.app === inner, isMadeForExpress(request));
      next();
    });
    const outer = create();
    outer.use('/inner', inner);
    outer.use((request: express.Request, response: express.Response) => {
      response.json([...seen, request.app === outer, isMadeForExpress(request)]);
    });
    expect(await get(outer, '/inner')).toEqual([true, true, true, true]);
  });
});

test('serves HTTPS with the same options', async () => {
  const [key, cert, ca] = ['server.key', 'server.pem', 'ca.pem'].map((file) =>
    readFileSync(new URL(`./transport/fixtures/${file}`, import.meta.url)),
  );
  const app = express();
  app.get('/', (request, response) => {
    response.json([request.secure, isMadeForExpress(request)]);
  });
  const server = createServer({ key, cert, ...serverOptions(app) }, app).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [response] = await once(getByTls({ port, host: '127.0.0.1', ca, agent: false }), 'response');
    expect(await json(response)).toEqual([true, true]);
  } finally {
    server.close();
  }
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a router', express.Router()],
  ['a listener', (() => {}) satisfies RequestListener],
  ['an app whose requests are no requests, as Koa has them', { request: {}, response: {} }],
  ['one without a request', { request: null, response: null }],
])('refuses %s', (_, app) => {
  expect(() => serverOptions(app as never)).toThrow(ConfigError);
  expect(() => serverOptions(app as never)).toThrow(
    'serverOptions: takes an Express application, as express() gives it back',
  );
});
