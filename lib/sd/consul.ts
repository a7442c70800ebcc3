import { z } from 'zod';
import { ConfigError } from '../errors.js';
import type { RandomSource } from './balancer.js';
import { hostOf } from './hosts.js';
import { createRefreshedSubscriber, type HostSource } from './refresh.js';
import { createRegistryFetch, type FetchLike, protocol, type RegistryOptions, readJson } from './registry.js';
import { createShare } from './share.js';
import type { SubscriberFactory } from './subscriber.js';
import { listHosts } from './weights.js';

export interface ConsulOptions extends RegistryOptions {
  /** Address of an agent. Default `http://127.0.0.1:8500`. */
  readonly url?: string;
  /** ACL token. */
  readonly token?: string;
  /** Default: the agent's. */
  readonly datacenter?: string;
  /** Only instances that have all of these tags. */
  readonly tags?: readonly string[];
  /** Milliseconds that a question stays open while nothing changes. Default 60000. */
  readonly wait?: number;
  /** Source of the jitter after failures. Default `Math.random`. */
  readonly random?: RandomSource;
}

const SERVICE_NAME = /^[\w.-]+$/;
const ANSWER_SLACK_MS = 10_000;
/** Changes are reported at once; this much lies between two of them. */
const INTERVAL_MS = 1_000;

const instances = z.array(
  z.object({
    Node: z.object({ Address: z.string() }),
    Service: z.object({
      Address: z.string().optional(),
      Port: z.number(),
      Weights: z.object({ Passing: z.number().int().min(0) }).nullish(),
    }),
  }),
);

/**
 * Hosts from Consul's catalogue, for `options.subscribers`: the instances of the service that `host[0]` names whose health
 * checks pass, with their weights. Follows changes by blocking queries. Backends that name the same service share one.
 *
 * @example
 * createGateway(config, { subscribers: { consul: createConsulSubscribers({ url: 'http://consul.internal:8500' }) } });
 */
export function createConsulSubscribers(options: ConsulOptions = {}): SubscriberFactory {
  const share = createShare();
  const { url = 'http://127.0.0.1:8500', random } = options;
  if (!URL.canParse(url)) throw new ConfigError([{ path: 'url', message: 'must be the address of a Consul agent' }]);
  const ask = createRegistryFetch(options);

  return function createConsulSubscriber({ hosts, scheme, ttl = 30_000, logger }) {
    // A host list that was sanitised before it got here carries a scheme.
    const service = (hosts[0] ?? '').replace(/^https?:\/\//i, '');
    if (!SERVICE_NAME.test(service)) {
      throw new ConfigError([
        { path: 'host', message: 'must start with the name of a service in Consul, such as "users"' },
      ]);
    }
    return share(`${scheme} ${ttl} ${service}`, function watchService() {
      const source = createConsulSource(serviceUrl(url, service, options), scheme, ttl, ask, options);
      return createRefreshedSubscriber(source, { ttl, logger, ...(random && { random }) });
    });
  };
}

function serviceUrl(base: string, service: string, { datacenter, tags = [] }: ConsulOptions): string {
  const url = new URL(`${base.replace(/\/$/, '')}/v1/health/service/${service}`);
  url.searchParams.set('passing', '1');
  if (datacenter !== undefined) url.searchParams.set('dc', datacenter);
  for (const tag of tags) url.searchParams.append('tag', tag);
  return url.href;
}

function createConsulSource(
  url: string,
  scheme: string,
  ttl: number,
  ask: FetchLike,
  { token, wait = 60_000 }: ConsulOptions,
): HostSource {
  const headers = { accept: 'application/json', ...(token !== undefined && { 'x-consul-token': token }) };
  /** Of the last answer; 0 asks without waiting for a change. */
  let index = 0;

  return {
    name: 'consul',
    // Without an index nothing can be waited for: then it is polled.
    get interval() {
      return index > 0 ? INTERVAL_MS : ttl;
    },
    // Consul adds up to a sixteenth to the wait.
    limit: wait + wait / 16 + ANSWER_SLACK_MS,
    async lookup(signal) {
      const blocking = index > 0 ? `&index=${index}&wait=${Math.ceil(wait / 1_000)}s` : '';
      const before = index;
      // Unless this one goes well, the next one does not wait.
      index = 0;
      const answer = await ask(url + blocking, { method: 'GET', headers, signal, redirect: 'error' });
      const hosts = hostsOf(await readJson(answer), scheme);
      const next = Number(answer.headers.get('x-consul-index'));
      // An index that went back comes from a server that has started anew.
      index = Number.isSafeInteger(next) && next > 0 && next >= before ? next : 0;
      return hosts;
    },
  };
}

function hostsOf(answer: unknown, scheme: string): readonly string[] {
  const { success, data } = instances.safeParse(answer);
  if (!success) throw protocol('answers with something other than a list of services');
  const weights = new Map<string, number>();
  for (const { Node, Service } of data) {
    const host = hostOf(scheme, Service.Address || Node.Address, Service.Port);
    if (host !== undefined) weights.set(host, (weights.get(host) ?? 0) + (Service.Weights?.Passing ?? 1));
  }
  if (weights.size === 0 && data.length > 0) throw protocol('has no instance with a usable address and port');
  return listHosts(weights);
}
