// Static backends: whole answers, made beforehand, written in one go. Costs next to nothing, so that the contender is
// what gives way. Run as a child process: backends.mjs CASE
import { createServer } from 'node:net';
import { findCase, withId } from './cases.mjs';

const ORIGINS = 4;

/** @type {Map<string, Buffer>} */
const answers = new Map();
for (const { path, document } of findCase(process.argv[2]).calls) {
  const body = Buffer.from(JSON.stringify(document));
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  answers.set(withId(path), Buffer.concat([Buffer.from(head), body]));
}
const missing = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');

/** @param {import('node:net').Socket} socket */
function serve(socket) {
  let rest = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    rest += chunk.toString('latin1');
    // Nobody here pipelines, and no request has a body.
    if (!rest.endsWith('\r\n\r\n')) return;
    const start = rest.indexOf(' ') + 1;
    socket.write(answers.get(rest.slice(start, rest.indexOf(' ', start))) ?? missing);
    rest = '';
  });
}

const servers = Array.from({ length: ORIGINS }, () => createServer(serve));
const listening = servers.map(
  (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server))),
);
const origins = (await Promise.all(listening)).map((server) => `http://127.0.0.1:${server.address().port}`);
process.send?.({ origins });
process.on('disconnect', () => process.exit());
