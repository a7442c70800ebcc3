import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isRecordName } from '../config/hosts.js';
import { BackendError, ConfigError } from '../errors.js';
import type { RandomSource } from './balancer.js';
import { hostOf } from './hosts.js';
import { createRefreshedSubscriber, type HostSource } from './refresh.js';
import { createShare } from './share.js';
import type { SubscriberFactory } from './subscriber.js';
import { listHosts } from './weights.js';

export interface DnsOptions {
  /** DNS servers as `address` or `address:port`. Default: those of the system. */
  readonly servers?: readonly string[];
  /** Milliseconds until a server that does not answer is asked again; there are three tries. Default 2000. */
  readonly timeout?: number;
  /** Looks the SRV records up instead of Node's resolver. Rejects when they are unknown. */
  readonly resolveSrv?: (name: string, signal: AbortSignal) => Promise<readonly SrvRecord[]>;
  /** Source of the jitter between look-ups. Default `Math.random`. */
  readonly random?: RandomSource;
}

const TRIES = 3;
/** c-ares waits longer with every try; this is room enough for all of them. */
const LIMIT_FACTOR = 8;

/**
 * `sd: "dns"`: the hosts behind the SRV record that `host[0]` names, asked for every `dns_cache_ttl` (default 30 s). Only
 * the records with the lowest priority count; weights are proportions; a record without weight among weighted ones gets
 * about one exchange in a hundred, and where none has a weight all are equal. Backends of one gateway that name the same
 * record share one subscriber.
 */
export function createDnsSubscribers(options: DnsOptions = {}): SubscriberFactory {
  const share = createShare();
  const createResolve = chooseResolve(options);

  return function createDnsSubscriber({ hosts, scheme, ttl = 30_000, logger }) {
    // A host list that was sanitised before it got here carries a scheme.
    const record = (hosts[0] ?? '').replace(/^https?:\/\//i, '');
    if (!isRecordName(record)) {
      const message =
        'must start with the name of an SRV record, such as "_http._tcp.users.internal", where "sd" is "dns"';
      throw new ConfigError([{ path: 'host', message }]);
    }
    return share(`${scheme} ${ttl} ${record}`, function watchRecord() {
      const source = createDnsSource(record, scheme, ttl, createResolve(), (options.timeout ?? 2_000) * LIMIT_FACTOR);
      return createRefreshedSubscriber(source, { ttl, logger, ...(options.random && { random: options.random }) });
    });
  };
}

type Resolve = NonNullable<DnsOptions['resolveSrv']>;

function createDnsSource(
  record: string,
  scheme: string,
  interval: number,
  resolve: Resolve,
  limit: number,
): HostSource {
  return {
    name: 'dns',
    interval,
    limit,
    async lookup(signal) {
      return hostsOf(await resolve(record, signal), scheme);
    },
  };
}

/** One resolver per record, since cancelling ends everything a resolver does. */
function chooseResolve({ resolveSrv, servers, timeout = 2_000 }: DnsOptions): () => Resolve {
  if (resolveSrv) return () => resolveSrv;
  if (servers) checkServers(servers);

  return function createResolve() {
    const resolver = new Resolver({ timeout, tries: TRIES });
    if (servers) resolver.setServers(servers);

    return async function resolve(name, signal) {
      const cancel = () => resolver.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        return await resolver.resolveSrv(name);
      } catch (error) {
        // The server knows the name and says that it has no such record. A name it does not know may be a mistake.
        if ((error as NodeJS.ErrnoException).code === 'ENODATA') return [];
        throw error;
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    };
  };
}

function checkServers(servers: readonly string[]): void {
  try {
    new Resolver().setServers(servers);
  } catch {
    const message = 'must be IP addresses of DNS servers, with or without a port, such as "10.0.0.2:53"';
    throw new ConfigError([{ path: 'servers', message }]);
  }
}

/** RFC 2782: the most preferred priority, each host as often as its share of the weights says. Same records, same list. */
function hostsOf(records: readonly SrvRecord[], scheme: string): readonly string[] {
  const usable = records.flatMap(({ name, port, priority, weight }) => {
    const host = hostOf(scheme, name, port);
    return host === undefined ? [] : { host, priority, weight };
  });
  // A lone record with the root as its target says that there is no such service; other unusable records say nothing.
  const isDenial = records.length === 1 && (records[0]!.name === '' || records[0]!.name === '.');
  if (usable.length === 0 && records.length > 0 && !isDenial) throw unusable();

  const priority = Math.min(...usable.map((record) => record.priority));
  const weights = new Map<string, number>();
  for (const record of usable) {
    if (record.priority === priority) weights.set(record.host, (weights.get(record.host) ?? 0) + record.weight);
  }
  return listHosts(weights);
}

function unusable(): BackendError {
  return new BackendError(
    'ERR_BACKEND_HOSTS',
    'No SRV record has a usable name and port: check the records that the backend names in "host".',
  );
}
