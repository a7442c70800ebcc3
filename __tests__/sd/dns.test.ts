import type { SrvRecord } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRoundRobinBalancer } from '../../lib/sd/balancer.js';
import { createDnsSubscribers, type DnsOptions } from '../../lib/sd/dns.js';
import type { Subscriber } from '../../lib/sd/subscriber.js';
import { countHosts } from '../../lib/sd/weights.js';
import { describeSubscriber } from '../contracts/subscriber.js';
import { type DnsServer, startDnsServer } from './support/dns-server.js';
import { until } from './support/until.js';

const RECORD = '_http._tcp.users.test';

function srv(name: string, settings: Partial<SrvRecord> = {}): SrvRecord {
  return { name, port: 8080, priority: 1, weight: 1, ...settings };
}

describeSubscriber('dns', async () => {
  const server = await startDnsServer();
  const subscribe = createDnsSubscribers({ servers: [server.address], timeout: 5_000 });
  return {
    subscribe: () => subscribe({ hosts: [RECORD], scheme: 'http' }),
    publish(hosts) {
      const records = hosts.map((host) => srv(new URL(host).hostname, { port: Number(new URL(host).port) }));
      server.answer(RECORD, records.length > 0 ? records : 'empty');
    },
    fail() {
      server.answer(RECORD, 'failure');
    },
    close: () => server.close(),
  };
});

describe('createDnsSubscribers', () => {
  let server: DnsServer;
  let open: Subscriber[];

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    server = await startDnsServer();
    open = [];
  });

  afterEach(async () => {
    for (const subscriber of open) subscriber.close?.();
    await server.close();
    vi.useRealTimers();
  });

  function factory(options: DnsOptions = {}) {
    const subscribe = createDnsSubscribers({ servers: [server.address], timeout: 5_000, ...options });
    return function subscribeTo(record: string, scheme = 'http', ttl = 30_000): Subscriber {
      const subscriber = subscribe({ hosts: [record, 'http://ignored'], scheme, ttl });
      open.push(subscriber);
      return subscriber;
    };
  }

  async function hostsOf(records: readonly SrvRecord[]): Promise<readonly string[]> {
    server.answer(RECORD, records);
    const subscriber = factory()(RECORD);
    await subscriber.ready?.();
    return subscriber.hosts();
  }

  it('asks for the record as it is written and builds hosts from scheme, target and port', async () => {
    server.answer(RECORD, [srv('Users-1.test.', { port: 8443 })]);
    const subscriber = factory()(RECORD, 'https');
    await subscriber.ready?.();
    expect(subscriber.hosts()).toEqual(['https://users-1.test:8443']);
    expect(server.queries).toEqual([RECORD]);
  });

  it('takes the record name out of a host that was sanitised', async () => {
    server.answer('users.test', [srv('a.test')]);
    const subscriber = factory()('http://users.test');
    await subscriber.ready?.();
    expect(subscriber.hosts()).toEqual(['http://a.test:8080']);
  });

  it.each(['', 'http://', 'two words', 'users.test/path', 'users.test:80', 'a'.repeat(254)])(
    'refuses to start with %j as a record name',
    (record) => {
      expect(() => factory()(record)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
    },
  );

  it('refuses to start with servers that are no addresses', () => {
    expect(() => createDnsSubscribers({ servers: ['dns.test'] })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG' }),
    );
  });

  describe('RFC 2782', () => {
    it('S04 uses the lowest priority only', async () => {
      const hosts = await hostsOf([
        srv('a.test', { priority: 20 }),
        srv('b.test', { priority: 10 }),
        srv('c.test', { priority: 10 }),
      ]);
      expect(hosts).toEqual(['http://b.test:8080', 'http://c.test:8080']);
    });

    it('S04 takes priority 0 for a priority', async () => {
      expect(await hostsOf([srv('a.test', { priority: 1 }), srv('b.test', { priority: 0 })])).toEqual([
        'http://b.test:8080',
      ]);
    });

    it.each([
      [
        [0, 0, 0],
        [1, 1, 1],
      ],
      [
        [10, 20, 10],
        [1, 2, 1],
      ],
      [
        [60, 20, 20],
        [3, 1, 1],
      ],
      [
        [65_535, 65_535, 1],
        [50, 50, 1],
      ],
      [
        [65_535, 1, 1],
        [100, 1, 1],
      ],
      [
        [3, 1, 0],
        [75, 25, 1],
      ],
      [
        [1, 0, 0],
        [100, 1, 1],
      ],
    ])('S04 turns the weights %j into the shares %j', async (weights, shares) => {
      const hosts = await hostsOf(weights.map((weight, index) => srv(`${'abc'[index]}.test`, { weight })));
      const counts = countHosts(hosts);
      expect(['a', 'b', 'c'].map((name) => counts.get(`http://${name}.test:8080`))).toEqual(shares);
    });

    it('S04 adds the weights of records for the same target', async () => {
      const hosts = await hostsOf([srv('a.test'), srv('a.test', { weight: 2 }), srv('b.test')]);
      expect(countHosts(hosts).get('http://a.test:8080')).toBe(3);
    });

    it('S04 reads the root as a target for: no such service', async () => {
      server.answer(RECORD, [srv('a.test')]);
      const subscriber = factory()(RECORD);
      await subscriber.ready?.();
      server.answer(RECORD, [srv('.', { port: 0 })]);
      await vi.advanceTimersByTimeAsync(33_000);
      await until(() => subscriber.hosts().length === 0);
    });
  });

  it('S01 gives the same list for the same records in another order', async () => {
    const records = [srv('a.test', { weight: 2 }), srv('b.test'), srv('c.test')];
    expect(await hostsOf(records)).toEqual(await hostsOf(records.toReversed()));
  });

  it('S01 leaves out records whose target or port cannot be one', async () => {
    const hosts = await hostsOf([srv('a.test'), srv('127.1'), srv('a_b.test', { port: 0 }), srv('x y.test')]);
    expect(hosts).toEqual(['http://a.test:8080']);
  });

  it('S01 uses 1000 hosts at most, the heaviest', async () => {
    const records = Array.from({ length: 1200 }, (_, index) => srv(`h${index}.test`, { weight: index < 5 ? 5 : 1 }));
    const hosts = await hostsOf(records);
    const distinct = countHosts(hosts);
    expect(distinct.size).toBe(1000);
    expect(hosts.length).toBeLessThan(2000);
    for (let index = 0; index < 5; index++) expect(distinct.has(`http://h${index}.test:8080`)).toBe(true);
  });

  it.each(['unknown', 'failure', 'garbage', 'silence'] as const)(
    'S01 keeps the last good list through %s',
    async (answer) => {
      server.answer(RECORD, [srv('a.test')]);
      const subscriber = factory()(RECORD);
      await subscriber.ready?.();
      server.answer(RECORD, answer);
      await vi.advanceTimersByTimeAsync(33_000);
      await until(() => server.queries.length > 1);
      server.answer(RECORD, [srv('b.test')]);
      expect(subscriber.hosts()).toEqual(['http://a.test:8080']);
    },
  );

  it('S01 keeps the last good list when no record is usable', async () => {
    const answers = [[srv('a.test')], [srv('127.1'), srv('b.test', { port: 0 })], [srv('c.test')]];
    const subscriber = factory({ resolveSrv: async () => answers.shift()!, random: () => 0.5 })(RECORD);
    await subscriber.ready?.();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(answers).toHaveLength(1);
    expect(subscriber.hosts()).toEqual(['http://a.test:8080']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(subscriber.hosts()).toEqual(['http://c.test:8080']);
  });

  it('S01 S02 never leaves a balancer without a host while the resolver goes through everything', async () => {
    const answers: (() => Promise<readonly SrvRecord[]>)[] = [
      async () => [srv('a.test')],
      () => Promise.reject(new Error('SERVFAIL')),
      async () => [srv('', { port: 1 }), srv('0x7f.1')],
      async () => Array.from({ length: 10_000 }, (_, index) => srv(`h${index}.test`)),
      () => {
        throw new TypeError('broken');
      },
      () => new Promise(() => {}),
      async () => [srv('b.test', { weight: 0 })],
    ];
    let turn = 0;
    const subscriber = factory({ resolveSrv: () => answers[turn++ % answers.length]!() })(RECORD, 'http', 1_000);
    const balancer = createRoundRobinBalancer(subscriber);
    await subscriber.ready?.();
    for (let step = 0; step < 300; step++) {
      await vi.advanceTimersByTimeAsync(200);
      expect(() => balancer.host()).not.toThrow();
    }
    expect(turn).toBeGreaterThan(answers.length);
  });

  it('asks anew every dns_cache_ttl', async () => {
    server.answer(RECORD, [srv('a.test')]);
    const subscriber = factory({ random: () => 0.5 })(RECORD, 'http', 2_000);
    await subscriber.ready?.();
    server.answer(RECORD, [srv('b.test')]);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(server.queries).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await until(() => subscriber.hosts()[0] === 'http://b.test:8080');
    expect(server.queries).toHaveLength(2);
  });

  it('S04 has one question under way while the server is silent, and none after close', async () => {
    server.answer(RECORD, 'silence');
    const subscriber = factory()(RECORD);
    await until(() => server.queries.length === 1);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(server.queries).toHaveLength(1);
    subscriber.close?.();
    await subscriber.ready?.();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('S04 does not ask a silent server again once it is closed', async () => {
    server.answer(RECORD, 'silence');
    const subscriber = factory({ timeout: 50 })(RECORD);
    await until(() => server.queries.length === 1);
    subscriber.close?.();
    // The resolver has a clock of its own.
    const end = performance.now() + 300;
    await until(() => performance.now() > end);
    expect(server.queries).toHaveLength(1);
  });

  it('shares one subscriber among backends that name the same record with the same scheme', async () => {
    server.answer(RECORD, [srv('a.test')]);
    const subscribe = factory();
    const [one, other, secure] = [subscribe(RECORD), subscribe(RECORD), subscribe(RECORD, 'https')];
    await Promise.all([one.ready?.(), other.ready?.(), secure.ready?.()]);
    expect(server.queries).toHaveLength(2);
    expect(one.hosts()).toBe(other.hosts());
    one.close?.();
    server.answer(RECORD, [srv('b.test')]);
    await vi.advanceTimersByTimeAsync(33_000);
    await until(() => other.hosts()[0] === 'http://b.test:8080');
  });
});
