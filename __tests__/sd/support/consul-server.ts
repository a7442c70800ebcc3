import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An instance as Consul's health endpoint writes it. */
export interface ConsulInstance {
  readonly Node: { readonly Address: string };
  readonly Service: {
    readonly Address: string;
    readonly Port: number;
    readonly Weights?: { readonly Passing: number };
  };
}

export interface ConsulQuery {
  readonly path: string;
  readonly params: URLSearchParams;
  readonly token: string | undefined;
}

export interface ConsulServer {
  readonly url: string;
  readonly queries: readonly ConsulQuery[];
  /** Replaces the instances and wakes who waits for a change; `raw` is sent as it is. */
  publish(instances: readonly ConsulInstance[], index?: number): void;
  answerWith(status: number, raw: string): void;
  /** How many questions wait for a change. */
  waiting(): number;
  close(): Promise<void>;
}

/** Replays Consul's documented health endpoint with blocking queries: `index` waits until the catalogue is newer. */
export async function startConsulServer(): Promise<ConsulServer> {
  const queries: ConsulQuery[] = [];
  const waiting = new Set<{ index: number; response: ServerResponse }>();
  let index = 10;
  let status = 200;
  let body = '[]';

  function reply(response: ServerResponse): void {
    response.writeHead(status, { 'content-type': 'application/json', 'x-consul-index': String(index) }).end(body);
  }

  function wake(): void {
    for (const entry of waiting) {
      waiting.delete(entry);
      reply(entry.response);
    }
  }

  const server = createServer(function onRequest(request, response) {
    const url = new URL(request.url!, 'http://consul');
    const token = request.headers['x-consul-token'];
    queries.push({ path: url.pathname, params: url.searchParams, token: token as string | undefined });
    const asked = Number(url.searchParams.get('index') ?? 0);
    if (asked === index && status === 200) {
      const entry = { index: asked, response };
      waiting.add(entry);
      response.on('close', () => waiting.delete(entry));
    } else reply(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries,
    publish(instances, at = index + 1) {
      status = 200;
      body = JSON.stringify(instances);
      index = at;
      wake();
    },
    answerWith(code, raw) {
      status = code;
      body = raw;
      wake();
    },
    waiting() {
      return waiting.size;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
