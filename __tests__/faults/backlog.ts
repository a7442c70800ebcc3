import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

// A port that is listened on and never served: this thread sleeps, so that the kernel's queue fills up and further
// connection attempts hang.
const flag = workerData as Int32Array;
const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function onListening() {
  const address = server.address();
  parentPort?.postMessage(typeof address === 'object' && address ? address.port : 0);
  setImmediate(function sleep() {
    Atomics.wait(flag, 0, 0);
    server.close();
  });
});
