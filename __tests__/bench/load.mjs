// The client: raw keep-alive connections that read only as much of an answer as it takes to know where it ends. Run as a
// child process, it does what it is told: { kind: 'closed' | 'open', port, path, headers, connections } and where it ends:
// `milliseconds`, or for closed runs also `requests`. Open runs have a `rate` per second.
import { connect } from 'node:net';

const LAST_CHUNK = Buffer.from('0\r\n\r\n');
/** Milliseconds that are waited for the last answers of an open run. */
const PATIENCE = 5000;
/** Milliseconds an open run sleeps between two looks at the clock and the sockets. Node's timers know whole ones only. */
const NAP = 0.1;

/**
 * One connection, one request at a time; whoever uses it sets `onAnswer`.
 *
 * @param {number} port
 * @param {Buffer} request
 */
function openConnection(port, request) {
  const socket = connect(port, '127.0.0.1');
  const connection = {
    /** @type {(isGood: boolean) => void} */
    onAnswer: () => {},
    send: () => socket.write(request),
    ready: new Promise((resolve) => socket.once('connect', resolve)),
  };
  let isInBody = false;
  let isGood = false;
  /** Bytes of the body still to come; -1 where the body is chunked. */
  let left = 0;
  let head = '';
  socket.setNoDelay(true);
  socket.on('data', onData);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => connection.onAnswer(false));

  function onData(chunk) {
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
      connection.onAnswer(isGood);
    }
  }

  function readHead(text) {
    isInBody = true;
    isGood = text.startsWith('HTTP/1.1 200');
    if (!isGood) console.error(`  an answer begins with: ${text.slice(0, text.indexOf('\r\n'))}`);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text);
    left = length === null ? -1 : Number(length[1]);
  }

  return connection;
}

/** Kept from one order to the next, so that no turn has to pay for its connections. */
const opened = new Map();

async function connectionsFor({ port, path, headers = {}, connections: count }) {
  const present = opened.get(port) ?? [];
  opened.set(port, present);
  const lines = Object.entries({ Host: `127.0.0.1:${port}`, Accept: 'application/json', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\n${head}\r\n`);
  while (present.length < count) present.push(openConnection(port, request));
  await Promise.all(present.map(({ ready }) => ready));
  return present.slice(0, count);
}

async function untilTold() {
  process.send({ kind: 'ready' });
  await new Promise((resolve) => process.once('message', resolve));
}

/** Each connection sends the next request as soon as it has its answer. */
async function runClosed(order) {
  const { milliseconds = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY } = order;
  const connections = await connectionsFor(order);
  let sent = connections.length;
  let answers = 0;
  let failures = 0;
  let busy = connections.length;
  await untilTold();
  const start = performance.now();
  const end = start + milliseconds;
  await new Promise((resolve) => {
    for (const connection of connections) {
      connection.onAnswer = function onAnswer(isGood) {
        if (isGood) answers++;
        else failures++;
        if (isGood && sent < requests && performance.now() < end) {
          sent++;
          connection.send();
        } else if (--busy === 0) resolve();
      };
      connection.send();
    }
  });
  return { answers, failures, milliseconds: performance.now() - start };
}

/** Gaps between requests of clients that know nothing of each other; the same ones in each run. */
function createGaps(rate) {
  let state = 1;
  return function nextGap() {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (-Math.log((state + 1) / 2 ** 32) * 1000) / rate;
  };
}

/**
 * Requests come at random at some rate, whether or not the ones before have been answered; each is timed from when it was
 * due, so that a stall counts for all who would have met it.
 */
async function runOpen(order) {
  const connections = await connectionsFor(order);
  const nextGap = createGaps(order.rate);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const free = [...connections];
  const waiting = [];
  const latencies = [];
  let failures = 0;
  let sent = 0;

  function send(connection, since) {
    connection.onAnswer = function onAnswer(isGood) {
      if (isGood) latencies.push(performance.now() - since);
      else failures++;
      const next = waiting.shift();
      if (next === undefined) free.push(connection);
      else send(connection, next);
    };
    connection.send();
  }

  await untilTold();
  let due = performance.now();
  const end = due + order.milliseconds;
  await new Promise((resolve) => {
    function look() {
      for (const now = performance.now(); due <= now && due < end; due += nextGap()) {
        const connection = free.pop();
        sent++;
        if (connection === undefined) waiting.push(due);
        else send(connection, due);
      }
      if (due >= end) return resolve();
      // Sleeps, so that the backends on the same core have their turn.
      Atomics.wait(nap, 0, 0, NAP);
      setImmediate(look);
    }
    look();
  });
  const deadline = performance.now() + PATIENCE;
  while (latencies.length + failures < sent && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  const percentiles = { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
  return { answers: latencies.length, failures: sent - latencies.length, ...percentiles };
}

process.on('message', async function onOrder(order) {
  if (order === 'go') return;
  const result = await (order.kind === 'open' ? runOpen(order) : runClosed(order));
  process.send({ kind: 'done', ...result });
});
process.on('disconnect', () => process.exit());
