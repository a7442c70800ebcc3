// Contenders of one case, side by side: all are started and checked, then take turns.
import { deepStrictEqual } from 'node:assert/strict';
import { get } from 'node:http';
import { expectedAnswer, findCase, MOUNT, withId } from './cases.mjs';
import { startProcess } from './processes.mjs';

/**
 * What one turn of a contender came to.
 *
 * @typedef {object} Turn
 * @property {number} cpu microseconds of user and system time of the process, per request
 * @property {number} rate requests per second
 * @property {number} rss resident bytes at the end
 */

/** @param {number} port the whole answer of the contender, as text */
function fetchAnswer(port, path, headers) {
  return new Promise((resolve, reject) => {
    get({ port, path, headers, host: '127.0.0.1', agent: false }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** Starts backends, contenders and the client of a case. */
export async function openCase(caseName, contenders, library) {
  const measured = findCase(caseName);
  const backends = startProcess('others', [], 'backends.mjs', caseName);
  const { origins } = await backends.hear();
  const client = startProcess('others', [], 'load.mjs');
  const running = [];
  for (const { name, libraryOf = library, caseOf = caseName, flags = [] } of contenders) {
    const contender = startProcess(
      'contender',
      ['--expose-gc', ...flags],
      'contender.mjs',
      name,
      caseOf,
      libraryOf,
      ...origins,
    );
    const { port } = await contender.hear();
    const { route, headers = {} } = findCase(caseOf);
    running.push({ contender, port, path: MOUNT + withId(route), headers });
  }

  /** The answer has to be the right one, before anything is timed and after. */
  async function check() {
    const expected = expectedAnswer(measured);
    for (const [index, { port, path, headers }] of running.entries()) {
      const { status, text } = await fetchAnswer(port, path, headers);
      deepStrictEqual(
        [status, JSON.parse(text)],
        [200, expected],
        `${contenders[index].name} answers ${caseName} wrongly`,
      );
    }
  }

  /** @returns {Promise<object>} what the client has to say, with the contender's use before and after */
  async function load(index, order) {
    const { contender, port, path, headers } = running[index];
    await client.ask({ port, path, headers, ...order });
    const before = await contender.ask('use');
    const told = client.hear();
    client.tell('go');
    const result = await told;
    const after = await contender.ask('use');
    if (result.failures > 0 && !order.mayFail) {
      throw new Error(`${contenders[index].name} failed ${result.failures} requests of ${caseName}.`);
    }
    return { ...result, before, after };
  }

  /** @returns {Promise<Turn>} */
  async function turn(index, { connections, milliseconds, lead = 0 }) {
    // Who has waited for the others finds its memory cold, which says nothing about a server at work.
    if (lead > 0) await load(index, { kind: 'closed', connections, milliseconds: lead });
    const result = await load(index, { kind: 'closed', connections, milliseconds });
    const { before, after, answers } = result;
    const cpu = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
    return { cpu: cpu / answers, rate: (answers / result.milliseconds) * 1000, rss: after.rss };
  }

  async function close() {
    await Promise.all([backends, client, ...running.map(({ contender }) => contender)].map((child) => child.stop()));
  }

  return { check, load, turn, close, use: (index, question) => running[index].contender.ask(question) };
}

/**
 * Rounds of all contenders in turn: A B C, B C A, … Each time somebody else begins: a place in the row must not be an
 * advantage.
 *
 * @param {number} contenders how many
 * @param {number} rounds
 */
export function* inTurns(contenders, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < contenders; place++) yield (round + place) % contenders;
  }
}

/**
 * The turns of all contenders of a case, one after the other; all of it anew in each life of their processes, since what
 * V8 decides in one of them it keeps to.
 *
 * @returns {Promise<Turn[][]>} the turns of each contender
 */
export async function measureCase(caseName, contenders, { library, lives = 1, warmup, ...settings }) {
  const turns = contenders.map(() => []);
  for (let life = 0; life < lives; life++) {
    const opened = await openCase(caseName, contenders, library);
    try {
      await measureLife(opened, turns, warmup, settings);
    } finally {
      await opened.close();
    }
  }
  return turns;
}

async function measureLife(opened, turns, warmup, { rounds, connections, milliseconds, lead }) {
  await opened.check();
  // Twice: V8 throws away much of what it has learnt of a process that waits for ten others to warm up.
  for (const milliseconds of [warmup, warmup / 2]) {
    for (const index of turns.keys()) await opened.turn(index, { connections, milliseconds });
  }
  for (const index of inTurns(turns.length, rounds)) {
    turns[index].push(await opened.turn(index, { connections, milliseconds, lead }));
  }
  await opened.check();
}
