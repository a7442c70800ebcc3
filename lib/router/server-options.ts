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

const made = new WeakMap<ExpressApplication, ExpressServerOptions>();
const prototypes = new WeakSet<object>();

/**
 * Options of a server that makes its requests and responses the way an Express app wants them. Without it Express changes
 * the prototype of each one, after which V8 before version 13 (Node 20 and 22) gives every object a hidden class of its own,
 * and every look at a request or response is a slow one. Whatever the app does costs less for it; an app that answers at
 * once takes a quarter of the processor time.
 *
 * Call it when the app is set up: it replaces `app.request` and `app.response` by prototypes with the same properties.
 * The same app gives the same options again. For the app that the server is made for; apps mounted inside it work as before.
 * Throws a `ConfigError` when `app` is no Express app.
 *
 * @example
 * const app = express().use('/api', createGateway(config));
 * createServer(serverOptions(app), app).listen(3000);
 */
export function serverOptions(app: ExpressApplication): ExpressServerOptions {
  if (typeof app?.request !== 'object' || typeof app.response !== 'object') {
    throw new ConfigError([
      { path: 'serverOptions', message: 'takes an Express application, as express() gives it back' },
    ]);
  }
  const known = made.get(app);
  if (known !== undefined) return known;
  const options = {
    IncomingMessage: class extends IncomingMessage {},
    ServerResponse: class<Request extends IncomingMessage> extends ServerResponse<Request> {},
  };
  app.request = takeOver(options.IncomingMessage.prototype, app.request);
  app.response = takeOver(options.ServerResponse.prototype, app.response);
  made.set(app, options);
  return options;
}

/** Whether a request has been made with `serverOptions`, and not been given another prototype since. */
export function isMadeForExpress(request: IncomingMessage): boolean {
  return prototypes.has(Object.getPrototypeOf(request));
}

/** Makes one prototype as another is, except for its identity. */
function takeOver(prototype: object, from: object): object {
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(from));
  Object.setPrototypeOf(prototype, Object.getPrototypeOf(from));
  prototypes.add(prototype);
  return prototype;
}
