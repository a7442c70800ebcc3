// One contender in a process of its own: contender.mjs NAME CASE LIBRARY ORIGIN…
// Tells its port, then what it has used so far as often as it is asked.
import { createServer } from 'node:http';
import { Server } from 'node:net';
import { findCase } from './cases.mjs';
import { findContender } from './contenders/index.mjs';

const [, , name, caseName, library, ...origins] = process.argv;
const { create } = await findContender(name);
const created = await create(findCase(caseName), origins, library);
const server = created instanceof Server ? created : createServer(created);
// Keeps connections for as long as a run takes, whatever lies between two of its rounds.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));

process.on('message', (question) => {
  if (question === 'collect') globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ cpu: process.cpuUsage(), rss, heapUsed, external });
});
process.on('disconnect', () => process.exit());
