import type { IncomingMessage, ServerResponse } from 'node:http';
import { isMadeForExpress } from './server-options.js';

/** As Express links the two. */
interface HostRequest extends IncomingMessage {
  res?: ServerResponse;
}
interface HostResponse extends Omit<ServerResponse, 'req'> {
  req?: IncomingMessage;
}

/** Later ones share hidden classes among objects whose prototype has been changed the same way. */
const LAST_V8_THAT_SHARES_NONE = 12;
const isWanted = Number.parseInt(process.versions.v8, 10) <= LAST_V8_THAT_SHARES_NONE;

/**
 * Makes what Express hands over cheap to look at again. Express changes the prototype of each request and response and
 * then adds to them, which leaves every one of them with a hidden class of its own: no inline cache knows it, neither ours
 * nor Node's. An object that loses a property becomes a dictionary, and all dictionaries of a kind share one class. The
 * property comes back at once; nothing else changes.
 */
export function shareHiddenClass(request: HostRequest, response: HostResponse): void {
  if (!isWanted || request.res !== response || isMadeForExpress(request)) return;
  delete request.res;
  request.res = response as ServerResponse;
  delete response.req;
  response.req = request;
}
