import type { IncomingMessage } from 'node:http';

/** A request in an Express app; anywhere else these members are missing, or at least `res` is. */
interface HostRequest extends IncomingMessage {
  readonly res?: unknown;
  readonly app?: { readonly get?: unknown };
}

/** Whether the Express app that has the request was told which proxies to trust: then it has read their headers. */
export function trustsProxies(request: HostRequest): boolean {
  // A request that a server has made for an app has `app` before the app has the request.
  const app = request.res === undefined ? undefined : request.app;
  return typeof app?.get === 'function' && Boolean(app.get('trust proxy'));
}
