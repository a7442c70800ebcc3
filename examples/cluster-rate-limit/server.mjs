// Two processes, one limit: the buckets are in Redis (REDIS_URL, default redis://127.0.0.1:6379).
import cluster from 'node:cluster';
import { once } from 'node:events';
import { onExit } from '../support/listen.mjs';
import { createService } from '../support/service.mjs';
import { startWorker } from './worker.mjs';

const PROCESSES = 2;

if (cluster.isPrimary) {
  const greeter = createService('greeter', { 'GET /hello': () => ({ body: { hello: 'world' } }) });
  await greeter.start();

  const workers = Array.from({ length: PROCESSES }, () => cluster.fork({ GREETER: greeter.origin }));
  // A process that ends by itself ends the example.
  cluster.once('exit', (worker) => process.exit(worker.process.exitCode ?? 1));
  const [url] = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));

  console.log(`${PROCESSES} processes listen at ${url}/api. Repeat this, and see who answers:

  curl -i ${url}/api/hello

Both together let 50 requests a second through, and 100 at once:

  for i in $(seq 200); do curl -s -o /dev/null -w '%{http_code} ' ${url}/api/hello; done
`);

  onExit(async () => {
    cluster.removeAllListeners('exit');
    for (const worker of workers) worker.process.kill('SIGTERM');
    await Promise.all(workers.map((worker) => worker.isDead() || once(worker, 'exit')));
    await greeter.stop();
  });
} else {
  await startWorker(process.env.GREETER);
}
