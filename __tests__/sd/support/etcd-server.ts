import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether there is an etcd server to test against. */
export const hasEtcd = spawnSync('etcd', ['--version']).status === 0;

export interface EtcdServer {
  readonly url: string;
  /** Calls the JSON gateway of the server itself. */
  call(path: string, body: object, token?: string): Promise<unknown>;
  /** A way to the server that can be cut and mended. */
  startLine(): Promise<Line>;
  stop(): Promise<void>;
}

export interface Line {
  readonly url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

const START_MS = 20_000;

/** A real etcd server with a data directory of its own. */
export async function startEtcd(): Promise<EtcdServer> {
  const folder = mkdtempSync(join(tmpdir(), 'etcd-'));
  // etcd calls itself by its address, so that it cannot be left to choose its port.
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    'etcd',
    [
      '--data-dir',
      folder,
      '--listen-client-urls',
      url,
      '--advertise-client-urls',
      url,
      '--listen-peer-urls',
      'http://127.0.0.1:0',
    ],
    { stdio: 'ignore' },
  );
  await healthy(url, child);

  return {
    url,
    async call(path, body, token) {
      const headers = token === undefined ? {} : { authorization: token };
      const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`etcd answers ${path} with ${answer.status}: ${text}`);
      return JSON.parse(text);
    },
    startLine: () => startLine(port),
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function healthy(url: string, child: ChildProcess): Promise<void> {
  const end = performance.now() + START_MS;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null) throw new Error(`etcd has ended with code ${child.exitCode}`);
    if (performance.now() > end) throw new Error('etcd does not get healthy');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health`);
    return ((await answer.json()) as { health?: string }).health === 'true';
  } catch {
    return false;
  }
}

async function startLine(to: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer(function onConnection(near) {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(to, '127.0.0.1');
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(into);
      from.on('error', () => into.destroy());
      from.on('close', () => {
        sockets.delete(from);
        into.destroy();
      });
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  function cut(): void {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend() {
      isCut = false;
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
