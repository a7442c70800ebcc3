import express from 'express';
import { createGateway, createRedisLimits, defineConfig } from 'express-tributary';
import { Redis } from 'ioredis';
import { listen, onExit } from '../support/listen.mjs';

const createConfig = (greeter) =>
  defineConfig({
    host: [greeter],
    endpoints: [
      {
        endpoint: '/hello',
        backend: [{ url_pattern: '/hello' }],
        extra_config: {
          'qos/ratelimit/router': {
            client_max_rate: 50,
            client_capacity: 100,
            strategy: 'ip',
            store: 'shared',
            store_timeout: '1s',
          },
        },
      },
    ],
  });

/** One of the processes: an app with a gateway whose limits are kept in Redis. */
export async function startWorker(greeter) {
  const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', { maxRetriesPerRequest: 0 });
  // The gateway's own log says when limits lose their store, and each process limits by itself then.
  redis.on('error', () => {});
  const gateway = createGateway(createConfig(greeter), {
    stores: { shared: createRedisLimits(redis, { prefix: 'example:' }) },
    logger: console,
  });

  const app = express();
  app.use((_request, response, next) => {
    response.setHeader('X-Process', process.pid);
    next();
  });
  app.use('/api', gateway);
  const { server, url } = await listen(app);
  process.send(url);

  onExit(async () => {
    server.close();
    await gateway.close({ timeout: 1000 });
    redis.disconnect();
    server.closeIdleConnections();
    process.disconnect();
  });
}
