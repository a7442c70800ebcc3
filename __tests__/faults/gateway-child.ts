import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { NextFunction, Request, Response } from 'express';
import { createFailingRedis, type RedisLike } from './failing-redis.js';
import {
  collectGarbage,
  countResources,
  createLogSink,
  prototypeNames,
  watchLoop,
  watchMemory,
  watchProcess,
  watchSockets,
} from './probes.js';
import type { Command, Message, StartOptions } from './protocol.js';

type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
type Gateway = Handler & { reload(config: unknown): void; close(options?: { timeout?: number }): Promise<void> };
interface Library {
  createGateway(config: unknown, options: { logger: unknown; stores: Record<string, unknown> }): Gateway;
  createRedisCache(client: RedisLike): unknown;
  serverOptions(app: unknown): ServerOptions;
}

function tell(message: Message): void {
  if (process.connected) process.send?.(message);
}

watchProcess(tell);
const loop = watchLoop(tell);
const memory = watchMemory();
const open = new Map<ServerResponse, string>();
/** What to call when a connection closes, for each request on it. */
const ends = new WeakMap<Socket, Set<() => void>>();
const counters = { accepted: 0, finished: 0, aborted: 0 };
let sink: ReturnType<typeof createLogSink> | undefined;
let gateway: Gateway | undefined;
let server: Server | undefined;

function notFound(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { 'content-length': '9' }).end('not found');
}

function badRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(400, { 'content-length': '0', connection: 'close' }).end();
}

/** The app around the gateway, as a user would write it. */
async function mount(
  handler: Handler,
  { host, prefix }: StartOptions,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  if (host === 'http') {
    return function serve(request, response) {
      handler(request, response, () => notFound(request, response));
    };
  }
  if (host === 'connect') {
    const { default: connect } = (await import('connect')) as unknown as { default: typeof import('connect') };
    return connect().use(prefix, handler).use(notFound);
  }
  const name = host === 'express4' ? 'express4' : 'express';
  const { default: express } = (await import(name)) as unknown as { default: typeof import('express') };
  const app = express();
  app.disable('x-powered-by');
  app.use(prefix, (request, response, next) => handler(request, response, next));
  app.use((request, response) => notFound(request, response));
  // Express' own error page waits for the whole body of the request.
  app.use(function onError(_error: unknown, request: Request, response: Response, _next: NextFunction) {
    badRequest(request, response);
  });
  return app;
}

async function start(options: StartOptions): Promise<void> {
  watchSockets(tell, options.cap);
  sink = createLogSink(tell, options.canaries);
  const { createGateway, createRedisCache, serverOptions }: Library = await import(pathToFileURL(options.entry).href);
  const stores = options.hasFailingStore ? { failing: createRedisCache(createFailingRedis()) } : {};
  gateway = createGateway(options.config, { logger: sink.logger, stores });
  const app = await mount(gateway, options);
  const own = options.host === 'express5-options' ? serverOptions(app) : {};
  server = createServer({ ...own, keepAliveTimeout: 60_000 }, function onRequest(request, response) {
    counters.accepted += 1;
    open.set(response, `${request.method} ${request.url}`);
    function ended(): void {
      if (!open.delete(response)) return;
      ends.get(request.socket)?.delete(ended);
      if (response.writableFinished) counters.finished += 1;
      else counters.aborted += 1;
    }
    response.once('close', ended);
    ends.get(request.socket)?.add(ended);
    app(request, response);
  });
  // Behind an earlier request of its connection an answer never hears that the connection is gone.
  server.on('connection', function onConnection(socket) {
    const waiting = new Set<() => void>();
    ends.set(socket, waiting);
    socket.once('close', () => {
      for (const ended of waiting) ended();
    });
  });
  server.listen(0, '127.0.0.1', function onListening() {
    const address = server?.address();
    tell({ type: 'listening', port: typeof address === 'object' && address ? address.port : 0 });
  });
}

async function sendStats(isStart: boolean): Promise<void> {
  // Collecting garbage is the lab's doing: the loop's figures are those before it.
  const loopMax = loop.max();
  const loopP99 = loop.p99();
  collectGarbage();
  await sleep(50);
  tell({
    type: 'stats',
    stats: {
      ...memory(),
      resources: countResources(),
      ...counters,
      open: [...open.values()],
      logLines: sink?.lines() ?? 0,
      cpu: process.cpuUsage().user + process.cpuUsage().system,
      loopMax,
      loopP99,
      prototypes: prototypeNames(),
    },
  });
  await sleep(50);
  if (isStart) loop.reset();
}

function reload(config: Record<string, unknown>): void {
  try {
    gateway?.reload(config);
  } catch (error) {
    fail(error);
  }
  tell({ type: 'reloaded' });
}

/** First the gateway, then the server, as the documentation says; after that nothing may keep the process alive. */
async function close(timeout: number): Promise<void> {
  await gateway?.close({ timeout });
  server?.close();
  server?.closeIdleConnections();
  tell({ type: 'closed' });
  leaveDriver();
}

process.on('message', function onMessage(command: Command) {
  if (command.type === 'start') start(command.options).catch(giveUp);
  else if (command.type === 'stats') sendStats(command.isStart).catch(fail);
  else if (command.type === 'reload') reload(command.config);
  else close(command.timeout).catch(fail);
});

/** A gateway that does not start ends the run. */
function giveUp(error: unknown): void {
  process.exitCode = 1;
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  leaveDriver();
}

/** A driver that is killed cannot end this process, which would then serve for ever. */
function onDriverGone(): void {
  process.exit(1);
}

process.once('disconnect', onDriverGone);

function leaveDriver(): void {
  process.off('disconnect', onDriverGone);
  process.disconnect();
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  tell({ type: 'violation', invariant: 'I9', message: `the gateway's process failed: ${message}` });
}
