import { z } from 'zod';
import { createDeadline } from '../core/deadline.js';
import { ConfigError } from '../errors.js';
import type { RandomSource } from './balancer.js';
import { hostOfText } from './hosts.js';
import { createRefreshedSubscriber, type HostSource } from './refresh.js';
import {
  createRegistryFetch,
  type FetchAnswer,
  protocol,
  type RegistryOptions,
  readJson,
  readJsonLines,
} from './registry.js';
import { createShare } from './share.js';
import type { SubscriberFactory } from './subscriber.js';
import { countHosts, listHosts } from './weights.js';

export interface EtcdOptions extends RegistryOptions {
  /** Addresses of the cluster's members, such as `http://127.0.0.1:2379`; one is used until it fails. */
  readonly machines: readonly string[];
  /** Where the cluster asks for a user. */
  readonly username?: string;
  readonly password?: string;
  /** Source of the jitter after failures. Default `Math.random`. */
  readonly random?: RandomSource;
}

const MAX_KEYS = 1_000;
const ANSWER_SLACK_MS = 10_000;
/** Changes are reported at once; this much lies between two of them. */
const INTERVAL_MS = 1_000;

const range = z.object({
  header: z.object({ revision: z.string() }),
  kvs: z.array(z.object({ value: z.string().default('') })).default([]),
});
const watched = z.object({
  result: z.object({ canceled: z.boolean().optional(), events: z.array(z.unknown()).optional() }),
});
const authenticated = z.object({ token: z.string() });

/**
 * Hosts from etcd's v3 store, for `options.subscribers`: `host[0]` is a prefix and the value of every key under it is a
 * host, such as `http://10.0.0.7:8080`; `sd_scheme` is put before one that has no scheme. Follows changes by a watch, and
 * reads everything anew every `dns_cache_ttl`. Backends that name the same prefix share one.
 *
 * @example
 * createGateway(config, { subscribers: { etcd: createEtcdSubscribers({ machines: ['http://etcd.internal:2379'] }) } });
 */
export function createEtcdSubscribers(options: EtcdOptions): SubscriberFactory {
  const { machines, random } = options;
  const share = createShare();
  const isUsable = machines.length > 0 && machines.every((machine) => URL.canParse(machine));
  if (!isUsable)
    throw new ConfigError([{ path: 'machines', message: 'must be the addresses of at least one etcd server' }]);
  const send = createSender(options);

  return function createEtcdSubscriber({ hosts, scheme, ttl = 30_000, logger }) {
    const prefix = hosts[0] ?? '';
    if (prefix === '') {
      throw new ConfigError([
        { path: 'host', message: 'must start with a prefix of keys in etcd, such as "/services/users/"' },
      ]);
    }
    return share(`${scheme} ${ttl} ${prefix}`, function watchPrefix() {
      const source = createEtcdSource(prefix, scheme, ttl, send);
      return createRefreshedSubscriber(source, { ttl, logger, ...(random && { random }) });
    });
  };
}

type Send = (path: string, body: object, signal: AbortSignal) => Promise<FetchAnswer>;

function createEtcdSource(prefix: string, scheme: string, ttl: number, send: Send): HostSource {
  const key = Buffer.from(prefix);
  const keys = { key: key.toString('base64'), range_end: endOfPrefix(key).toString('base64') };
  /** Of the last list; undefined asks without waiting for a change. */
  let revision: bigint | undefined;

  async function changed(start: bigint, signal: AbortSignal): Promise<void> {
    const request = { create_request: { ...keys, start_revision: String(start) } };
    for await (const message of readJsonLines(await send('/v3/watch', request, signal))) {
      const { success, data } = watched.safeParse(message);
      if (!success) throw protocol('refuses the watch');
      // Cancelled: the revision is too old to start from, so that everything has to be read anew.
      if (data.result.canceled || data.result.events?.length) return;
    }
  }

  return {
    name: 'etcd',
    interval: INTERVAL_MS,
    limit: ttl + ANSWER_SLACK_MS,
    async lookup(signal) {
      const start = revision;
      revision = undefined;
      if (start !== undefined) await settleWithin(ttl, signal, (inner) => changed(start + 1n, inner));
      const answer = await readJson(await send('/v3/kv/range', { ...keys, limit: MAX_KEYS }, signal));
      const { success, data } = range.safeParse(answer);
      if (!success) throw protocol('answers with something other than a range of keys');
      const hosts = hostsOf(data.kvs, scheme);
      revision = BigInt(data.header.revision);
      return hosts;
    },
  };
}

/** Waits until the work has ended or the time is up, whichever comes first; only a failure of the work rejects. */
async function settleWithin(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const timeIsUp = protocol('has nothing new');
  const span = createDeadline(ms, () => timeIsUp, signal);
  try {
    await span.race(work(span.signal));
  } catch (error) {
    if (error !== timeIsUp) throw error;
  } finally {
    span.dispose();
  }
}

function hostsOf(kvs: readonly { value: string }[], scheme: string): readonly string[] {
  const hosts = kvs.flatMap(({ value }) => hostOfText(scheme, Buffer.from(value, 'base64').toString()) ?? []);
  if (hosts.length === 0 && kvs.length > 0) throw protocol('holds no value that is a host');
  return listHosts(countHosts(hosts));
}

/** The first key behind all that start with the prefix; no byte of UTF-8 is the highest one. */
function endOfPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]!++;
  return end;
}

/** Asks one member until it fails, then the next; logs in where there is a user. */
function createSender(options: EtcdOptions): Send {
  const { username: name, password } = options;
  const machines = options.machines.map((machine) => machine.replace(/\/$/, ''));
  const ask = createRegistryFetch(options);
  let current = 0;
  let token: string | undefined;

  async function post(path: string, body: object, signal: AbortSignal): Promise<FetchAnswer> {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) };
    const init = { method: 'POST', headers, body: JSON.stringify(body), signal, redirect: 'error' } as const;
    const answer = await ask(machines[current]! + path, init);
    if (answer.status !== 200) await readJson(answer);
    return answer;
  }

  async function logIn(signal: AbortSignal): Promise<void> {
    const answer = await readJson(await post('/v3/auth/authenticate', { name, password }, signal));
    const { success, data } = authenticated.safeParse(answer);
    if (!success) throw protocol('gives no token');
    token = data.token;
  }

  return async function send(path, body, signal) {
    try {
      if (name !== undefined && token === undefined) await logIn(signal);
      return await post(path, body, signal);
    } catch (error) {
      token = undefined;
      if (!signal.aborted) current = (current + 1) % machines.length;
      throw error;
    }
  };
}
