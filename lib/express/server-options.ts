import { IncomingMessage, ServerResponse } from 'node:http';
import { ConfigError } from '../errors.js';

/** An Express application, as far as its server is concerned. */
export interface ExpressApplication {
  request: object;
  response: object;
}

/** Options for `createServer` of `node:http` or `node:https`. */
export interface ExpressServerOptions {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

const optionsOf = new WeakMap<ExpressApplication, ExpressServerOptions>();

/** Classes of requests that servers make for Express. */
const classes = new WeakSet<object>();
/** Whether one of them is behind a prototype. An app has one for all of its requests, and so has each app inside it. */
const isBehind = new WeakMap<object, boolean>();

/**
 * Options of a server that makes its requests and responses with the prototypes that an Express app wants them to have.
 * Without them Express changes the prototype of each one, after which V8 before version 13 (Node 20 and 22) gives every
 * single object hidden classes of its own, and nothing that looks at it is fast: an app that answers at once takes four times
 * the processor time. Newer ones gain little.
 *
 * They are for `createServer` of `node:http` and `node:https`, whose listener has to be `app` itself: requests have what
 * Express adds to them, such as `query` and `ip`, before any code sees them. `app.request` and `app.response` become new
 * objects with the same properties; keep no older reference to them. The same app gives the same options again.
 *
 * Throws a `ConfigError` for anything that is no Express application.
 *
 * @example
 * const app = express().use('/api', createGateway(config));
 * createServer(serverOptions(app), app).listen(3000);
 */
export function serverOptions(app: ExpressApplication): ExpressServerOptions {
  if (!(app?.request instanceof IncomingMessage && app.response instanceof ServerResponse)) {
    throw new ConfigError([
      { path: 'serverOptions', message: 'takes an Express application, as express() gives it back' },
    ]);
  }
  const known = optionsOf.get(app);
  if (known !== undefined) return known;
  const options = {
    IncomingMessage: class extends IncomingMessage {},
    ServerResponse: class<Request extends IncomingMessage> extends ServerResponse<Request> {},
  };
  app.request = takeOver(options.IncomingMessage.prototype, app.request);
  app.response = takeOver(options.ServerResponse.prototype, app.response);
  optionsOf.set(app, options);
  classes.add(options.IncomingMessage);
  return options;
}

/** Whether requests of this one's app come from a server with `serverOptions`. Asked of each request: once per prototype. */
export function isMadeForExpress(request: IncomingMessage): boolean {
  const prototype: IncomingMessage = Object.getPrototypeOf(request);
  let answer = isBehind.get(prototype);
  if (answer === undefined) {
    answer = classes.has(prototype.constructor);
    isBehind.set(prototype, answer);
  }
  return answer;
}

/** Gives one prototype everything that is on another one, which inherits from it then: apps mounted before inherit from that. */
function takeOver(prototype: object, from: object): object {
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(from));
  for (const key of Reflect.ownKeys(from)) Reflect.deleteProperty(from, key);
  Object.setPrototypeOf(prototype, Object.getPrototypeOf(from));
  Object.setPrototypeOf(from, prototype);
  return prototype;
}
