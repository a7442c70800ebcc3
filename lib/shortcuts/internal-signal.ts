import type { Component } from '../components/component.js';
import { componentsAt } from '../components/resolve.js';
import type { EndpointConfig } from '../config/resolved.js';

/** Code that sees all requests beside the components. */
interface Onlookers {
  /** A user's own. */
  readonly transport?: unknown;
  readonly tap?: unknown;
}

/** Whether only the gateway looks at the signals of an endpoint's requests. */
export function hasInternalSignal(endpoint: EndpointConfig, { transport, tap }: Onlookers): boolean {
  return (
    !(transport || tap) && [endpoint, ...endpoint.backend].every((place) => componentsAt(place).every(keepsSignal))
  );
}

function keepsSignal({ component }: { readonly component: Component }): boolean {
  const { exposesSignal = true, admit, endpoint, client, backend, transport } = component;
  return !exposesSignal || !(admit || endpoint || client || backend || transport);
}
