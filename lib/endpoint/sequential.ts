import type { BackendClient } from '../backend/client.js';
import { createDeadline } from '../core/deadline.js';
import { EndpointError, toBackendFailure } from '../errors.js';
import type { Data, Proxy, ProxyRequest, ProxyResponse } from '../proxy.js';
import type { Outcome } from './outcome.js';
import { type MergerOptions, mergeExpired } from './parallel.js';

export interface SequentialOptions extends MergerOptions {
  /** Placeholders such as `resp0_user.id` that any backend, or `sequential_propagated_params`, asks for. */
  readonly placeholders: readonly string[];
}

interface Source {
  readonly placeholder: string;
  readonly path: readonly string[];
}

/**
 * Calls the backends one after another. What a later `url_pattern` asks of an earlier answer is taken from that answer
 * as its own filters left it, before anything is merged into it.
 */
export function createSequential(options: SequentialOptions): Proxy {
  const { name, clients, timeout, merge, placeholders } = options;
  const sources = clients.map((_, index) => sourcesOf(index, placeholders));

  return async function callInSequence(request) {
    const deadline = createDeadline(timeout, () => mergeExpired(name, timeout), request.signal);
    let current: ProxyRequest = { ...request, signal: deadline.signal };
    const outcomes: Outcome[] = [];
    try {
      for (const [index, client] of clients.entries()) {
        try {
          const response = await deadline.race(client.send(current));
          outcomes.push({ response });
          if (!response.isComplete) break;
          current = withValues(current, sources[index] ?? [], response);
        } catch (reason) {
          const error = toBackendFailure(client.name, reason);
          if (index === 0 || client.required) throw error;
          outcomes.push({ error });
          break;
        }
      }
    } finally {
      deadline.dispose();
    }
    assertRequired(clients, outcomes);
    return merge(outcomes);
  };
}

/** A chain that stopped never got to the backends behind: one that is required fails the endpoint then, too. */
function assertRequired(clients: readonly BackendClient[], outcomes: readonly Outcome[]): void {
  const missing = clients.slice(outcomes.length).find((client) => client.required);
  if (!missing) return;
  const last = outcomes.at(-1);
  if (last && 'error' in last) throw last.error;
  throw new EndpointError(
    'ERR_ENDPOINT_FAILED',
    `${missing.name} is required and was not called, since the answer before it was incomplete`,
  );
}

const PLACEHOLDER = /^resp(\d+)(?:_(.+))?$/;

function sourcesOf(index: number, placeholders: readonly string[]): Source[] {
  return placeholders.flatMap((placeholder) => {
    const [, position, path] = PLACEHOLDER.exec(placeholder) ?? [];
    return Number(position) === index ? [{ placeholder, path: path?.split('.') ?? [] }] : [];
  });
}

function withValues(request: ProxyRequest, sources: readonly Source[], response: ProxyResponse): ProxyRequest {
  if (sources.length === 0) return request;
  const params: Record<string, string> = Object.assign(Object.create(null), request.params);
  for (const { placeholder, path } of sources) {
    const text = path.length === 0 ? wholeBody(response) : toText(lookUp(response.data, path));
    if (text !== undefined) params[placeholder] = text;
  }
  return { ...request, params };
}

/** `resp0` alone is the whole text of a `no-op` backend in the chain. */
function wholeBody({ body }: ProxyResponse): string | undefined {
  return Buffer.isBuffer(body) ? body.toString() : undefined;
}

function lookUp(data: Data | null, path: readonly string[]): unknown {
  let value: unknown = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Data)[key];
  }
  return value;
}

/** What the URL contains for a value; nothing for `null` and for objects, so that the call fails instead of going astray. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) {
    const items = value.map(toText);
    return items.includes(undefined) ? undefined : items.join(',');
  }
  // An exact number wraps its digits in an object.
  if (typeof value === 'object' && value !== null && typeof value.valueOf() === 'number') return String(value);
  return undefined;
}
