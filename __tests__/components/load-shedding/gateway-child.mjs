// A gateway in a process of its own, so that its memory can be limited and its loop blocked.
import { createServer } from 'node:http';
import { createGateway } from 'express-tributary';

const kept = [];
const commands = {
  start(config) {
    const server = createServer(createGateway(config, { statuses: 'http' }));
    server.listen(0, '127.0.0.1', () => process.send(server.address().port));
  },
  /** Fills so many mebibytes of the heap with what stays. */
  keep(mebibytes) {
    while (kept.length < mebibytes) kept.push(new Array(2 ** 17).fill(0.5));
  },
  block(milliseconds) {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  },
};

process.on('message', ([command, value]) => commands[command](value));
process.on('disconnect', () => process.exit());
