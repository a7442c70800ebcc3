import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';

const CHILD = fileURLToPath(new URL('gateway-child.mjs', import.meta.url));
/** This Node, and those that `NODES` names: paths with colons between them. */
const NODES = [process.execPath, ...(process.env.NODES?.split(':') ?? [])];
/** With 8,000 items about half a mebibyte of JSON, more than a mebibyte of objects. */
function documentOf(items: number): string {
  const list = Array.from({ length: items }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: [`a${id}`, `b${id}`],
    price: id / 2,
  }));
  return JSON.stringify({ list });
}
const servers: Server[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A gateway in a process of its own; the package must have been built. */
async function start(config: object, nodeOptions: string[] = [], node = process.execPath) {
  const child = fork(CHILD, [], {
    execPath: node,
    execArgv: nodeOptions,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  children.push(child);
  const exit = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the gateway ended with ${code ?? signal}`);
  });
  exit.catch(() => {});
  child.send(['start', config]);
  const [port] = (await Promise.race([once(child, 'message'), exit])) as [number];

  async function get(path: string, init?: RequestInit) {
    const startedAt = performance.now();
    const response = await Promise.race([fetch(`http://127.0.0.1:${port}${path}`, init), exit]);
    await response.arrayBuffer();
    return { status: response.status, headers: response.headers, took: performance.now() - startedAt };
  }
  return {
    get,
    block: (milliseconds: number) => child.send(['block', milliseconds]),
    keep: (mebibytes: number) => child.send(['keep', mebibytes]),
  };
}

/**
 * A gateway whose answers need a document each, as objects, until another backend has answered as well. Asks one by one for
 * many more than there is room for: without shedding the process ends here.
 */
async function overfill(heap: number, { node = process.execPath, options = {}, kept = 0, count = 250 } = {}) {
  const held = new Set<() => void>();
  const text = documentOf(heap * 62);
  const big = await listen((_request, response) => response.end(text));
  const slow = await listen((_request, response) => {
    held.add(() => response.end('{"slow":true}'));
  });
  const { get, keep } = await start(
    {
      timeout: '5m',
      max_response_body: 8 * 2 ** 20,
      extra_config: { 'qos/load-shedding': { max_loop_delay: '0s', ...options } },
      endpoints: [
        {
          endpoint: '/page',
          // A mapping, so that the document becomes objects; they are held until the other backend has answered.
          backend: [
            { host: [big], url_pattern: '/', mapping: { list: 'items' } },
            { host: [slow], url_pattern: '/', max_pending: 1_000 },
          ],
        },
      ],
    },
    [`--max-old-space-size=${heap}`],
    node,
  );

  keep(kept);

  /** True when the request was let in as far as the slow backend. */
  async function ask(answers: Promise<{ status: number }>[]): Promise<boolean> {
    const before = held.size;
    const answer = get('/page');
    answers.push(answer);
    while (held.size === before && (await Promise.race([answer, pause(2)])) === undefined);
    return held.size > before;
  }
  function release(): void {
    for (const answer of held) answer();
  }

  const answers: Promise<{ status: number; headers: Headers }>[] = [];
  let letIn = 0;
  for (let asked = 0; asked < count; asked++) if (await ask(answers)) letIn++;
  return { get, ask, release, answers, letIn };
}

test('O04 O03 sheds before big answers in flight fill the heap, does not run out of memory, and recovers', {
  timeout: 120_000,
}, async () => {
  const { get, ask, release, answers, letIn } = await overfill(128, { options: { max_heap: 0.7 } });
  const { status, took } = await get('/__health');
  expect(status).toBe(200);
  expect(took).toBeLessThan(1_000);
  expect(letIn).toBeGreaterThan(20);
  expect(letIn).toBeLessThan(150);

  release();
  const settled = await Promise.all(answers);
  expect(settled.filter((each) => each.status === 200)).toHaveLength(letIn);
  const shed = settled.filter((each) => each.status === 503);
  expect(shed).toHaveLength(250 - letIn);
  expect(new Set(shed.map((each) => each.headers.get('retry-after')))).toEqual(new Set(['1']));

  // What is left in the heap is garbage that nobody has collected yet: that must not keep the doors closed.
  await expect
    .poll(
      async () => {
        const one: Promise<{ status: number }>[] = [];
        await ask(one);
        release();
        return (await one[0])?.status;
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBe(200);
});

describe.each(NODES)('N10 by default on %s', (node) => {
  test.each([128, 1_024])('sheds and lives with a heap of %d MiB', { timeout: 300_000 }, async (heap) => {
    // Two fifths of the heap are the app’s own. About 95 documents make a whole one, so that the 57th would end the process.
    const { get, release, answers, letIn } = await overfill(heap, { node, kept: heap * 0.4, count: 100 });
    expect((await get('/__health')).status).toBe(200);
    // The room for old objects is well used, whatever the version keeps for young ones.
    expect(letIn).toBeGreaterThan(10);
    expect(letIn).toBeLessThan(57);

    release();
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(letIn);
    expect(statuses.filter((status) => status === 503)).toHaveLength(100 - letIn);
  });
});

test('O04 O03 sheds when the loop was blocked, answers health all the while, and recovers', async () => {
  const calls: number[] = [];
  const backend = await listen((_request, response) => {
    calls.push(performance.now());
    response.end('{"a":1}');
  });
  const { get, block } = await start({
    extra_config: { 'qos/load-shedding': { max_loop_delay: '400ms' } },
    endpoints: [{ endpoint: '/x', method: 'POST', backend: [{ host: [backend], url_pattern: '/' }] }],
  });
  const post = () => get('/x', { method: 'POST', body: 'x'.repeat(1_000) });
  // However busy the machine is, at some time it is not.
  await expect.poll(async () => (await post()).status, { timeout: 20_000, interval: 100 }).toBe(200);
  const before = calls.length;

  block(1_000);
  const during = await Promise.all([post(), post(), post()]);
  expect(during.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
    [503, '1'],
    [503, '1'],
    [503, '1'],
  ]);
  expect(calls.length).toBe(before);
  expect((await get('/__health')).status).toBe(200);

  await expect.poll(async () => (await post()).status, { timeout: 20_000, interval: 100 }).toBe(200);
});

function pause(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined));
}
