import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Policy } from '../proxy.js';
import type { EndpointHandler } from './handler.js';

/** What answers a request: an endpoint, a route of the gateway's own, the gateway in another way (404, 405), or the app. */
export type Answerer = EndpointHandler | 'built-in' | 'gateway' | 'app';

/** Asks all policies that hold for a request. True: one of them has answered. */
export type ApplyPolicies = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  hasNext: boolean,
) => boolean;

/** Finds what answers a request; `hasNext` says whether there is an app to pass it on to. */
export type FindAnswerer = (method: string, path: string, hasNext: boolean) => Answerer;

export interface Policies {
  /** Those of the gateway, outermost first. */
  readonly shared: readonly Policy[];
  /** Those of each endpoint, outermost first, the shared ones among them. */
  readonly endpoints: ReadonlyMap<EndpointHandler, readonly Policy[]>;
}

const NONE: readonly Policy[] = [];

/** Undefined where no policy is configured: requests are not looked at then. */
export function createPolicyCheck(
  { shared, endpoints }: Policies,
  findAnswerer: FindAnswerer,
): ApplyPolicies | undefined {
  if (shared.length === 0 && [...endpoints.values()].every((policies) => policies.length === 0)) return undefined;
  const forBuiltIns = shared.filter(({ coversBuiltIns }) => coversBuiltIns);

  function policiesOf(answerer: Answerer): readonly Policy[] {
    if (typeof answerer === 'function') return endpoints.get(answerer) ?? NONE;
    if (answerer === 'app') return NONE;
    return answerer === 'gateway' ? shared : forBuiltIns;
  }

  return function applyPolicies(request, response, path, hasNext) {
    const { method = 'GET', headers } = request;
    const own = findAnswerer(method, path, hasNext);
    const asked = method === 'OPTIONS' ? headers['access-control-request-method'] : undefined;
    if (asked) {
      // It belongs to the request that it asks for, and where the app answers that one, to the app.
      const target = findAnswerer(asked, path, hasNext);
      for (const policy of policiesOf(target === 'app' ? own : target)) {
        if (policy.preflight?.(request, response)) return true;
      }
    }
    for (const policy of policiesOf(own)) {
      if (policy.apply(request, response)) return true;
    }
    return false;
  };
}
