import type { GatewayError } from '../errors.js';
import type { ProxyResponse } from '../proxy.js';

/** What became of one backend call. */
export type Outcome = { readonly response: ProxyResponse } | { readonly error: GatewayError };
