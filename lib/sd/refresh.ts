import { createDeadline } from '../core/deadline.js';
import { BackendError, GatewayError } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import type { RandomSource } from './balancer.js';
import type { Subscriber } from './subscriber.js';

/** Where a list of hosts comes from. */
export interface HostSource {
  /** How the log names it, e.g. `dns`. */
  readonly name: string;
  /**
   * The whole list as it is now; an empty one says that there is no host. Rejects when it is unknown. May take its
   * time once it has answered, to wait for a change. Stops when the signal is aborted.
   */
  lookup(signal: AbortSignal): Promise<readonly string[]>;
  /** Milliseconds from an answer to the next look-up. */
  readonly interval: number;
  /** Milliseconds that one look-up may take. */
  readonly limit: number;
}

export interface RefreshOptions {
  /** Milliseconds between look-ups that fail, at most; the first ones follow faster. Default 30000. */
  readonly ttl?: number | undefined;
  /** Logs when look-ups begin to fail and when they work again. Default silent. */
  readonly logger?: Logger | undefined;
  readonly random?: RandomSource;
}

const MIN_PAUSE_MS = 1_000;
/** So that many gateways do not ask in step. */
const JITTER = 0.1;

/**
 * Keeps a list of hosts fresh in the background: one look-up at a time, the first at once. The last good list stays when
 * a look-up fails; until the first one answers there is none.
 */
export function createRefreshedSubscriber(source: HostSource, options: RefreshOptions = {}): Subscriber {
  const { ttl = 30_000, logger = silentLogger, random = Math.random } = options;
  const closing = new AbortController();
  let hosts: readonly string[] = Object.freeze([]);
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  const ready = refresh();

  async function refresh(): Promise<void> {
    try {
      accept(await lookUp());
      if (failures > 0) logger.info({ sd: source.name, failures }, 'Service discovery works again.');
      failures = 0;
    } catch (error) {
      if (closing.signal.aborted) return;
      failures++;
      // Once per outage.
      if (failures === 1) logger.warn(describe(error), 'Service discovery failed: the last known hosts stay in use.');
    }
    if (!closing.signal.aborted) timer = setTimeout(refresh, pause()).unref();
  }

  async function lookUp(): Promise<readonly string[]> {
    const deadline = createDeadline(source.limit, timedOut, closing.signal);
    try {
      return await deadline.race(source.lookup(deadline.signal));
    } finally {
      deadline.dispose();
    }
  }

  function accept(list: readonly string[]): void {
    const isSame = list.length === hosts.length && list.every((host, index) => host === hosts[index]);
    if (!isSame) hosts = Object.freeze([...list]);
  }

  function pause(): number {
    const base = failures === 0 ? source.interval : Math.min(ttl, MIN_PAUSE_MS * 2 ** Math.min(failures - 1, 30));
    return Math.max(MIN_PAUSE_MS, base * (1 - JITTER + 2 * JITTER * random()));
  }

  function describe(error: unknown): object {
    const fields = { sd: source.name, hosts: hosts.length };
    if (error instanceof GatewayError) return { ...fields, code: error.code, reason: error.message };
    // Anything but a code may name hosts.
    const code = (error as { code?: unknown } | null)?.code;
    return typeof code === 'string' ? { ...fields, code } : fields;
  }

  return {
    hosts() {
      return hosts;
    },
    ready() {
      return ready;
    },
    close() {
      clearTimeout(timer);
      closing.abort(closed());
    },
  };
}

function timedOut(): BackendError {
  return new BackendError(
    'ERR_BACKEND_TIMEOUT',
    'Service discovery gave no answer in time: check that it can be reached.',
  );
}

function closed(): BackendError {
  return new BackendError('ERR_CLOSING', 'Service discovery has stopped because the gateway closes.');
}
