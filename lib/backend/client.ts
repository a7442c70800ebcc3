import type { Proxy } from '../proxy.js';

/** All that an endpoint knows of a backend. */
export interface BackendClient {
  /** How messages and traces name it, e.g. `backend[1] GET /orders/{id}`. */
  readonly name: string;
  /** True when the failure of this backend fails the endpoint. */
  readonly required: boolean;
  readonly send: Proxy;
}
