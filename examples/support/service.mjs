import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * A small HTTP service for the examples. `routes` maps 'GET /users/:id' to a function of `{ params, query, headers, body }`
 * that returns `{ status?, headers?, body? }`; objects and arrays go out as JSON. Listens on a free loopback port and keeps
 * it over `stop()` and `start()`, so that a service can be down for a while.
 */
export function createService(name, routes) {
  const table = Object.entries(routes).map(([route, answer]) => {
    const [method, path] = route.split(' ');
    return { method, parts: path.split('/'), answer };
  });
  let server;
  let port = 0;

  async function handle(request, response) {
    const url = new URL(request.url, 'http://service');
    const { answer, params } = find(table, request.method, url.pathname) ?? {};
    const body = await readBody(request);
    const query = Object.fromEntries(url.searchParams);
    const given = answer?.({ params, query, headers: request.headers, body }) ?? {
      status: 404,
      body: { error: 'not found' },
    };
    const headers = { 'content-type': 'application/json', ...given.headers };
    response.writeHead(given.status ?? 200, headers);
    response.end(
      typeof given.body === 'object' && !Buffer.isBuffer(given.body) ? JSON.stringify(given.body) : given.body,
    );
  }

  async function start() {
    if (server?.listening) return;
    server = createServer(handle);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = server.address().port;
  }

  async function stop() {
    if (!server?.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  return {
    name,
    start,
    stop,
    get origin() {
      return `http://127.0.0.1:${port}`;
    },
  };
}

function find(table, method, pathname) {
  const segments = pathname.split('/').map(decodeURIComponent);
  for (const { method: wanted, parts, answer } of table) {
    if (wanted !== method || parts.length !== segments.length) continue;
    if (!parts.every((part, index) => part.startsWith(':') || part === segments[index])) continue;
    const params = parts.flatMap((part, index) => (part.startsWith(':') ? [[part.slice(1), segments[index]]] : []));
    return { answer, params: Object.fromEntries(params) };
  }
  return undefined;
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text && request.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text;
}
