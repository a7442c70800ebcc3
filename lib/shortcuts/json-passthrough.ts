import type { ExchangeOptions } from '../backend/exchange.js';
import type { Component } from '../components/component.js';
import { componentsAt } from '../components/resolve.js';
import type { BackendConfig, EndpointConfig } from '../config/resolved.js';
import type { Decoder, Encoding } from '../encoding/encoding.js';
import { fastJson, json } from '../encoding/json.js';
import { createTextDecoder, createTextFormatter } from '../encoding/json-text.js';
import { combiners as builtInCombiners, type Combiner } from '../endpoint/combiner.js';
import { createFlatmap } from '../manipulation/flatmap.js';
import { createFormatter } from '../manipulation/formatter.js';

/** What a configuration names, and what looks at all answers. */
interface Readers {
  readonly encodings: ReadonlyMap<string, Encoding>;
  readonly combiners: ReadonlyMap<string, Combiner>;
  readonly tap?: unknown;
}

const JSON_ENCODINGS: ReadonlySet<Encoding | undefined> = new Set([json, fastJson]);

/** How the answers of a backend become documents. */
type Reading = Pick<ExchangeOptions, 'decode' | 'format' | 'isWhole' | 'ignoresSpace'>;

/** A flatmap takes the place of filters and mapping; `target` still comes first and `group` last. */
export function createReading(encoding: Encoding, backend: BackendConfig): Reading {
  const decode = encoding.decoder?.(backend.is_collection);
  const isWhole = encoding.isWhole?.bind(encoding);
  const { ignoresSpace } = encoding;
  const { flatmap_filter: operations } = backend.proxy;
  if (!operations) return { decode, isWhole, ignoresSpace, format: createFormatter(backend) };
  const { target, group } = backend;
  const steps = [createFormatter({ target }), createFlatmap(operations), createFormatter({ group })].filter(
    (step) => step !== undefined,
  );
  return {
    decode,
    isWhole,
    ignoresSpace,
    format: function formatWithFlatmap(data) {
      return steps.reduce((value, step) => step(value), data);
    },
  };
}

/** The same for documents that stay text. */
export function createTextReading(encoding: Encoding, backend: BackendConfig): Reading {
  const { is_collection: isCollection, target, group } = backend;
  const { decode, isWhole, ignoresSpace, format } = createReading(encoding, backend);
  return {
    isWhole,
    ignoresSpace,
    decode: createTextDecoder(decode as Decoder, { isCollection, target }),
    format: createTextFormatter(group, format),
  };
}

/** Whether documents may reach the client of an endpoint as the text they came as. */
export function passesText(endpoint: EndpointConfig, { encodings, combiners, tap }: Readers): boolean {
  const { proxy, output_encoding: output } = endpoint;
  return (
    JSON_ENCODINGS.has(encodings.get(output)) &&
    !(tap || proxy.static || proxy.flatmap_filter || proxy.sequential) &&
    combiners.get(proxy.combiner) === builtInCombiners.get(proxy.combiner) &&
    componentsAt(endpoint).every(leavesDataAlone)
  );
}

/** Whether the documents of a backend reach the merge as they are, but for `target` and `group`. */
export function staysText(backend: BackendConfig, { encodings }: Pick<Readers, 'encodings'>): boolean {
  const { allow, deny, mapping, proxy } = backend;
  const isFiltered = allow.length > 0 || deny.length > 0 || Object.keys(mapping).length > 0;
  return (
    JSON_ENCODINGS.has(encodings.get(backend.encoding)) &&
    !(isFiltered || proxy.flatmap_filter) &&
    componentsAt(backend).every(leavesDataAlone)
  );
}

function leavesDataAlone({ component }: { readonly component: Component }): boolean {
  const { readsData = true, endpoint, client, backend } = component;
  return !readsData || !(endpoint || client || backend);
}
