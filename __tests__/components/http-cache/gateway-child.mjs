// Gateways with stores in Redis in a process of its own, which ends at an unhandled rejection as any process does.
import { createServer } from 'node:http';
import { createGateway, createRedisCache, createRedisLimits } from 'express-tributary';
import { Redis } from 'ioredis';
import { createClient } from 'redis';

/** What the latest gateway has to say. */
let lines = [];

const open = {
  ioredis(port) {
    const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 0 });
    return client.on('error', () => {});
  },
  async 'node-redis'(port) {
    const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 } });
    return client.on('error', () => {}).connect();
  },
};

const commands = {
  async start({ client: name, port }) {
    const own = [];
    lines = own;
    const log = (_fields, message) => own.push(message);
    const logger = { debug() {}, info() {}, warn: log, error: log };
    const client = await open[name](port);
    let calls = 0;
    const transport = async ({ headers }) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const body = Buffer.from(JSON.stringify({ call: ++calls }));
      return { status: 200, headers: { 'cache-control': 'max-age=60', vary: headers.accept && 'accept' }, body };
    };
    const extra = { 'qos/http-cache': { store: 'cache', shared: true } };
    const limit = { max_rate: 1e6, client_max_rate: 1e6, strategy: 'ip', store: 'limits' };
    const config = {
      endpoints: ['GET', 'PUT'].map((method) => ({
        endpoint: '/x/{id}',
        method,
        input_headers: ['Accept'],
        backend: [{ host: ['http://a.test'], url_pattern: '/x/{id}', extra_config: extra }],
        extra_config: { 'qos/ratelimit/router': limit },
      })),
    };
    const stores = { cache: createRedisCache(client), limits: createRedisLimits(client) };
    const server = createServer(createGateway(config, { stores, transport, logger }));
    server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  },
  lines() {
    process.send(lines);
  },
};

process.on('message', ([command, value]) => commands[command](value));
process.on('disconnect', () => process.exit());
