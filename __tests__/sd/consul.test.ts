import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ConsulOptions, createConsulSubscribers } from '../../lib/sd/consul.js';
import type { Subscriber, SubscriberContext } from '../../lib/sd/subscriber.js';
import { countHosts } from '../../lib/sd/weights.js';
import { describeSubscriber } from '../contracts/subscriber.js';
import { type ConsulInstance, type ConsulServer, startConsulServer } from './support/consul-server.js';
import { until } from './support/until.js';

function instance(Address: string, Port = 8080, weight?: number): ConsulInstance {
  const weights = weight === undefined ? {} : { Weights: { Passing: weight } };
  return { Node: { Address: '10.0.0.99' }, Service: { Address, Port, ...weights } };
}

describeSubscriber('consul', async () => {
  const server = await startConsulServer();
  const subscribe = createConsulSubscribers({ url: server.url });
  return {
    subscribe: () => subscribe({ hosts: ['users'], scheme: 'http' }),
    publish(hosts) {
      server.publish(hosts.map((host) => instance(new URL(host).hostname, Number(new URL(host).port))));
    },
    fail() {
      server.answerWith(500, 'No cluster leader');
    },
    close: () => server.close(),
  };
});

describe('createConsulSubscribers', () => {
  let server: ConsulServer;
  let open: Subscriber[];

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server = await startConsulServer();
    open = [];
  });

  afterEach(async () => {
    for (const subscriber of open) subscriber.close?.();
    await server.close();
    vi.useRealTimers();
  });

  function subscribeTo(
    service: string,
    options: ConsulOptions = {},
    context: Partial<SubscriberContext> = {},
  ): Subscriber {
    const subscribe = createConsulSubscribers({ url: server.url, ...options });
    const subscriber = subscribe({ hosts: [service], scheme: 'http', ...context });
    open.push(subscriber);
    return subscriber;
  }

  it('asks for healthy instances of the service, with datacenter, tags and token', async () => {
    const subscriber = subscribeTo('users', { token: 'secret', datacenter: 'dc2', tags: ['v2', 'eu'] });
    await subscriber.ready?.();
    const [query] = server.queries;
    expect(query?.path).toBe('/v1/health/service/users');
    expect(query?.token).toBe('secret');
    expect([...query!.params]).toEqual([
      ['passing', '1'],
      ['dc', 'dc2'],
      ['tag', 'v2'],
      ['tag', 'eu'],
    ]);
  });

  it('takes the address of the node where the service has none, and weights as shares', async () => {
    server.publish([instance('', 8001, 3), instance('10.0.0.2', 8002, 1), instance('fd00::1', 8003)]);
    const subscriber = subscribeTo('users', {}, { scheme: 'https' });
    await subscriber.ready?.();
    expect(Object.fromEntries(countHosts(subscriber.hosts()))).toEqual({
      'https://10.0.0.99:8001': 3,
      'https://10.0.0.2:8002': 1,
      'https://[fd00::1]:8003': 1,
    });
  });

  it('takes the name of the service out of a host that was sanitised', async () => {
    await subscribeTo('http://users').ready?.();
    expect(server.queries[0]?.path).toBe('/v1/health/service/users');
  });

  it.each(['', 'a/b', 'a?b', '../v1/agent'])('refuses to start with %j as a service', (service) => {
    expect(() => subscribeTo(service)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  it('refuses to start with an address that is none', () => {
    expect(() => createConsulSubscribers({ url: 'consul' })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  it('waits for a change by a blocking query and hears of it at once', async () => {
    server.publish([instance('10.0.0.1')]);
    const subscriber = subscribeTo('users', { wait: 30_000 });
    await subscriber.ready?.();
    await vi.advanceTimersByTimeAsync(1_100);
    await until(() => server.waiting() === 1);
    expect(server.queries.at(-1)?.params.get('index')).toBe('11');
    expect(server.queries.at(-1)?.params.get('wait')).toBe('30s');
    server.publish([instance('10.0.0.2')]);
    await until(() => subscriber.hosts()[0] === 'http://10.0.0.2:8080');
    expect(server.queries).toHaveLength(2);
  });

  it('starts over when the index goes back', async () => {
    const subscriber = subscribeTo('users');
    await subscriber.ready?.();
    await vi.advanceTimersByTimeAsync(1_100);
    await until(() => server.waiting() === 1);
    server.publish([instance('10.0.0.3')], 2);
    await until(() => subscriber.hosts().length === 1);
    await vi.advanceTimersByTimeAsync(33_000);
    await until(() => server.queries.length === 3);
    expect(server.queries[2]?.params.has('index')).toBe(false);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no list', '{"users":[]}'],
    ['a list of something else', '[{"Node":null}]'],
    ['no usable instance', '[{"Node":{"Address":"127.1"},"Service":{"Port":0}}]'],
  ])('S01 keeps the last good list when the answer is %s', async (_name, raw) => {
    const warnings: unknown[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (fields: object) => warnings.push(fields) };
    server.publish([instance('10.0.0.1')]);
    const subscriber = subscribeTo('users', {}, { logger });
    await subscriber.ready?.();
    await vi.advanceTimersByTimeAsync(1_100);
    await until(() => server.waiting() === 1);
    server.answerWith(200, raw);
    await until(() => warnings.length === 1);
    expect(warnings).toEqual([expect.objectContaining({ sd: 'consul', code: 'ERR_BACKEND_PROTOCOL' })]);
    expect(subscriber.hosts()).toEqual(['http://10.0.0.1:8080']);
    await vi.advanceTimersByTimeAsync(1_100);
    await until(() => server.queries.length === 3);
    expect(server.queries[2]?.params.has('index')).toBe(false);
  });

  it('S04 leaves no question open once it is closed', async () => {
    const subscriber = subscribeTo('users');
    await subscriber.ready?.();
    await vi.advanceTimersByTimeAsync(1_100);
    await until(() => server.waiting() === 1);
    subscriber.close?.();
    await until(() => server.waiting() === 0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('shares one subscriber among backends of one service', async () => {
    const subscribe = createConsulSubscribers({ url: server.url });
    open = [1, 2].map(() => subscribe({ hosts: ['users'], scheme: 'http' }));
    await Promise.all(open.map((subscriber) => subscriber.ready?.()));
    expect(server.queries).toHaveLength(1);
  });
});
