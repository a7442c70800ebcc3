import type { Component } from '../components/component.js';
import { inTableOrder } from '../components/resolve.js';
import type { EndpointConfig } from '../config/resolved.js';

/** What decides, of all that pipelines are built from. */
interface Ingredients {
  readonly components: readonly Component[];
  /** A user's own. */
  readonly transport?: unknown;
  /** Code that looks at everything. */
  readonly tap?: unknown;
}

/** Whether only the gateway looks at the signals of an endpoint's requests. */
export function hasInternalSignal(endpoint: EndpointConfig, { components, transport, tap }: Ingredients): boolean {
  return (
    !(transport || tap) &&
    [endpoint, ...endpoint.backend].every((place) => inTableOrder(place.components, components).every(keepsSignal))
  );
}

function keepsSignal({ component }: { readonly component: Component }): boolean {
  const { exposesSignal = true, admit, endpoint, client, backend, transport } = component;
  return !exposesSignal || !(admit || endpoint || client || backend || transport);
}
