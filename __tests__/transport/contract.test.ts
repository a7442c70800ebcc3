import { Readable } from 'node:stream';
import axios from 'axios';
import { BackendError } from '../../lib/errors.js';
import { silentLogger } from '../../lib/logger.js';
import type { BackendRequest } from '../../lib/proxy.js';
import { type AxiosLike, createAxios } from '../../lib/transport/axios.js';
import { readBody } from '../../lib/transport/body.js';
import { abortError } from '../../lib/transport/failure.js';
import { createOrigins } from '../../lib/transport/origin.js';
import type { BackendResponse } from '../../lib/transport/transport.js';
import { createWire } from '../../lib/transport/wire.js';
import { type Bench, describeTransport, type Received, type Reply } from '../contracts/transport.js';
import { startRawServer } from '../support/raw-server.js';
import { CLIENT, SETTINGS } from './support.js';

function overSockets(createInstance: () => AxiosLike) {
  return async function open(respond: (request: Received) => Reply): Promise<Bench> {
    const received: Received[] = [];
    const server = await startRawServer((request) => {
      const { method, target: path, headers, body } = request;
      received.push({ method, path, headers, body });
      const reply = respond({ method, path, headers, body });
      if (reply === 'stall') return [{ stall: true }];
      if (reply === 'cut') return [{ send: 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc' }, { fin: true }];
      const length = reply.status === 204 ? [] : [['Content-Length', String(reply.body.length)] as const];
      const lines = [...reply.headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`);
      return [
        { send: Buffer.concat([Buffer.from(`HTTP/1.1 ${reply.status} Status\r\n${lines.join('')}\r\n`), reply.body]) },
      ];
    });
    const wire = createWire({ axios: createInstance(), client: CLIENT, origins: createOrigins(silentLogger) });
    return {
      origin: server.origin,
      received,
      transport: (stream) => wire.transportFor({ ...SETTINGS, stream }),
      async close() {
        await wire.close();
        await server.close();
      },
    };
  };
}

/** What somebody else's transport may look like: no socket, always a stream. */
async function openFake(respond: (request: Received) => Reply): Promise<Bench> {
  const received: Received[] = [];
  const origin = 'http://backend.example:8080';

  async function fake(request: BackendRequest): Promise<BackendResponse> {
    const { signal, method, url, headers, body } = request;
    if (signal.aborted) throw abortError('fake', signal);
    const got = {
      method,
      path: url.slice(origin.length),
      headers: headers as Record<string, string>,
      body: await readBody(body ?? Buffer.alloc(0), 1_000_000),
    };
    received.push(got);
    const reply = respond(got);
    if (reply === 'cut') throw new BackendError('ERR_BACKEND_CONNECTION', 'fake: cut');
    if (reply === 'stall') {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(abortError('fake', signal)), { once: true });
      });
    }
    const lines: Record<string, string | string[]> = Object.create(null);
    for (const [key, value] of reply.headers) {
      const name = key.toLowerCase();
      if (name === 'set-cookie') lines[name] = [...(lines[name] ?? []), value];
      else lines[name] = value;
    }
    return { status: reply.status, headers: lines, body: Readable.from(reply.body.length > 0 ? [reply.body] : []) };
  }

  return { origin, received, transport: () => fake, close: async () => {} };
}

describeTransport("the gateway's axios", overSockets(createAxios));
describeTransport(
  "the gateway's axios with interceptors",
  overSockets(() => {
    const instance = createAxios();
    instance.interceptors.request.use((config) => config);
    instance.interceptors.response.use((response) => response);
    return instance;
  }),
);
describeTransport(
  "a user's axios",
  overSockets(() => axios.create()),
);
describeTransport('a fake', openFake);
