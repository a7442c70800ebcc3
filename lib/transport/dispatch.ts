import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Client, Dispatcher } from 'undici';

/** What is used of undici's own object for a request. */
interface Created {
  readonly path: string;
  readonly method: string;
  readonly headers: unknown[];
}

const CREATED = 'undici:request:create';
const created = channel(CREATED);

/** Whether something in the process, such as OpenTelemetry's instrumentation, looks at the requests of undici. */
export function isInstrumented(): boolean {
  return created.hasSubscribers;
}

/**
 * Hands a request to undici. Where instrumentation adds a header that the request has already, as both may have a `traceparent`,
 * only the added one is sent: two of them would cut the trace.
 */
export function dispatch(
  client: Client,
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
  sent: readonly string[],
): void {
  if (!created.hasSubscribers) {
    client.dispatch(options, handler);
    return;
  }
  // The last one to subscribe is called last: what others add is there by then.
  subscribe(CREATED, onCreated);
  try {
    client.dispatch(options, handler);
  } finally {
    unsubscribe(CREATED, onCreated);
  }

  function onCreated(message: unknown): void {
    const { request } = message as { readonly request: Created };
    if (request.path !== options.path || request.method !== options.method) return;
    if (Array.isArray(request.headers)) dropReplaced(request.headers, sent);
  }
}

/** Takes out of `headers` what `sent` had under a name that has more lines now: those of `sent` come first. */
function dropReplaced(headers: unknown[], sent: readonly string[]): void {
  const ours = countNames(sent);
  const all = countNames(headers);
  let end = 0;
  for (let index = 0; index < headers.length; index += 2) {
    const name = String(headers[index]).toLowerCase();
    const left = ours.get(name) ?? 0;
    const isReplaced = left > 0 && (all.get(name) ?? 0) > left;
    if (isReplaced) {
      ours.set(name, left - 1);
      all.set(name, (all.get(name) ?? 0) - 1);
      continue;
    }
    headers[end++] = headers[index];
    headers[end++] = headers[index + 1];
  }
  headers.length = end;
}

function countNames(headers: readonly unknown[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let index = 0; index < headers.length; index += 2) {
    const name = String(headers[index]).toLowerCase();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
