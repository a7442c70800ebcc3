// The client: raw keep-alive connections that read only as much of an answer as it takes to know where it ends. Run as a
// child process, it does what it is told: { kind: 'closed' | 'open', port, path, connections, milliseconds, rate }.
import { connect } from 'node:net';

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * One connection, one request at a time.
 *
 * @param {number} port
 * @param {Buffer} request
 * @param {(isGood: boolean) => void} onAnswer
 */
function openConnection(port, request, onAnswer) {
  const socket = connect(port, '127.0.0.1');
  let isInBody = false;
  let isGood = false;
  /** Bytes of the body still to come; -1 where the body is chunked. */
  let left = 0;
  let head = '';
  socket.setNoDelay(true);

  socket.on('data', function onData(chunk) {
    if (!isInBody) {
      const end = head === '' ? chunk.indexOf('\r\n\r\n') : -1;
      if (end < 0) {
        head += chunk.toString('latin1');
        const cut = head.indexOf('\r\n\r\n');
        if (cut < 0) return;
        readHead(head.slice(0, cut));
        if (left >= 0) left -= head.length - cut - 4;
        head = '';
      } else {
        readHead(chunk.latin1Slice(0, end));
        if (left >= 0) left -= chunk.length - end - 4;
      }
    } else if (left >= 0) {
      left -= chunk.length;
    }
    // Without pipelining nothing follows the last chunk, and no document ends as it does.
    if (left === 0 || (left < 0 && chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK))) {
      isInBody = false;
      onAnswer(isGood);
    }
  });
  socket.on('error', () => onAnswer(false));

  function readHead(text) {
    isInBody = true;
    isGood = text.startsWith('HTTP/1.1 200');
    const length = /\r\ncontent-length: *(\d+)/i.exec(text);
    left = length === null ? -1 : Number(length[1]);
  }

  return {
    send: () => socket.write(request),
    close: () => socket.destroy(),
    ready: new Promise((resolve) => socket.once('connect', resolve)),
  };
}

function requestFor({ port, path }) {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\n\r\n`);
}

/** Each connection sends the next request as soon as it has its answer. */
async function runClosed(order) {
  const request = requestFor(order);
  let answers = 0;
  let failures = 0;
  let open = order.connections;
  let finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const connections = Array.from({ length: order.connections }, (_, index) =>
    openConnection(order.port, request, (isGood) => {
      if (isGood) answers++;
      else failures++;
      if (isGood && performance.now() < end) connections[index].send();
      else if (--open === 0) finish();
    }),
  );
  await Promise.all(connections.map(({ ready }) => ready));
  process.send({ kind: 'ready' });
  await new Promise((resolve) => process.once('message', resolve));
  const start = performance.now();
  const end = start + order.milliseconds;
  for (const connection of connections) connection.send();
  await finished;
  const milliseconds = performance.now() - start;
  for (const connection of connections) connection.close();
  return { answers, failures, milliseconds };
}

/**
 * Requests come at a steady rate whether or not the ones before have been answered; each is timed from when it was due,
 * so that a stall counts for all who would have met it.
 */
async function runOpen(order) {
  const request = requestFor(order);
  const free = [];
  const due = [];
  const latencies = [];
  let failures = 0;
  const connections = Array.from({ length: order.connections }, () => {
    const slot = { since: 0, connection: undefined };
    slot.connection = openConnection(order.port, request, (isGood) => {
      if (isGood) latencies.push(performance.now() - slot.since);
      else failures++;
      const next = due.shift();
      if (next === undefined) free.push(slot);
      else send(slot, next);
    });
    free.push(slot);
    return slot.connection;
  });

  function send(slot, since) {
    slot.since = since;
    slot.connection.send();
  }

  await Promise.all(connections.map(({ ready }) => ready));
  process.send({ kind: 'ready' });
  await new Promise((resolve) => process.once('message', resolve));
  const start = performance.now();
  let sent = 0;
  await new Promise((resolve) => {
    function tick() {
      const now = performance.now() - start;
      for (; sent < (Math.min(now, order.milliseconds) * order.rate) / 1000; sent++) {
        const since = start + (sent * 1000) / order.rate;
        const slot = free.pop();
        if (slot === undefined) due.push(since);
        else send(slot, since);
      }
      if (now < order.milliseconds) setTimeout(tick, 1);
      else resolve();
    }
    tick();
  });
  const deadline = performance.now() + 5000;
  while (latencies.length + failures < sent && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (const connection of connections) connection.close();
  const lost = sent - latencies.length;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { answers: latencies.length, failures: lost, p50: at(0.5), p99: at(0.99), max: at(1) };
}

process.on('message', async function onOrder(order) {
  if (order === 'go') return;
  const result = await (order.kind === 'open' ? runOpen(order) : runClosed(order));
  process.send({ kind: 'done', ...result });
});
process.on('disconnect', () => process.exit());
