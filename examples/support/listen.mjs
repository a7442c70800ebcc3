import { once } from 'node:events';
import { createServer } from 'node:http';
import { serverOptions } from 'express-tributary';

/** Listens on loopback at `PORT` (default 3000), or on a free port when that one is taken. Resolves with server and URL. */
export async function listen(app) {
  const wanted = Number(process.env.PORT ?? 3000);
  const server = await tryListen(app, wanted).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return tryListen(app, 0);
  });
  return { server, url: `http://127.0.0.1:${server.address().port}` };
}

async function tryListen(app, port) {
  const server = createServer(serverOptions(app), app).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Runs `stop` once when the process is asked to end. */
export function onExit(stop) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
}
