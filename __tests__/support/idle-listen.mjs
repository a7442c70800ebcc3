// Preloaded into examples of the docs: servers listen on a free loopback port and do not keep the process alive.
import { Server } from 'node:net';

const { listen } = Server.prototype;
Server.prototype.listen = function listenIdly(...args) {
  const callback = args.find((argument) => typeof argument === 'function');
  return listen.call(this, 0, '127.0.0.1', callback).unref();
};
