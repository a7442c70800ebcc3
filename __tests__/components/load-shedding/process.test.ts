import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const CHILD = fileURLToPath(new URL('gateway-child.mjs', import.meta.url));
/** About half a mebibyte of JSON, more than a mebibyte of objects. */
const DOCUMENT = JSON.stringify({
  list: Array.from({ length: 8_000 }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: [`a${id}`, `b${id}`],
    price: id / 2,
  })),
});
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
async function start(config: object, nodeOptions: string[] = []) {
  const child = fork(CHILD, [], { execArgv: nodeOptions, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
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
  return { get, block: (milliseconds: number) => child.send(['block', milliseconds]) };
}

test('O04 O03 sheds before big answers in flight fill the heap, does not run out of memory, and recovers', {
  timeout: 120_000,
}, async () => {
  const held = new Set<() => void>();
  const big = await listen((_request, response) => response.end(DOCUMENT));
  const slow = await listen((_request, response) => {
    held.add(() => response.end('{"slow":true}'));
  });
  const { get } = await start(
    {
      timeout: '1m',
      extra_config: { 'qos/load-shedding': { max_heap: 0.7, max_loop_delay: '0s' } },
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
    ['--max-old-space-size=128'],
  );

  const waiting: Promise<{ status: number }>[] = [];
  let shed = 0;
  // Far more than there is room for: without shedding the process ends here.
  for (let asked = 0; asked < 250; asked++) {
    const before = held.size;
    let isTurnedAway = false;
    waiting.push(
      get('/page').then((answer) => {
        if (answer.status !== 503) return answer;
        expect(answer.headers.get('retry-after')).toBe('1');
        isTurnedAway = true;
        shed++;
        return answer;
      }),
    );
    while (held.size === before && !isTurnedAway) await Promise.race([pause(2), Promise.all(waiting)]);
  }
  const { status, took } = await get('/__health');
  expect(status).toBe(200);
  expect(took).toBeLessThan(1_000);
  expect(shed).toBeGreaterThan(100);
  expect(held.size).toBeGreaterThan(20);

  for (const answer of held) answer();
  const statuses = (await Promise.all(waiting)).map((answer) => answer.status);
  expect(statuses.filter((each) => each !== 200)).toHaveLength(shed);
  expect(statuses.filter((each) => each === 200)).toHaveLength(250 - shed);

  // What is left in the heap is garbage that nobody has collected yet: that must not keep the doors closed.
  await expect
    .poll(
      async () => {
        const before = held.size;
        const answer = get('/page');
        while (held.size === before && (await Promise.race([answer, pause(5)])) === undefined);
        for (const release of held) release();
        return (await answer).status;
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBe(200);
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
