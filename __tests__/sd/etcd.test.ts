import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEtcdSubscribers } from '../../lib/sd/etcd.js';
import type { FetchAnswer, FetchInit } from '../../lib/sd/registry.js';
import type { Subscriber } from '../../lib/sd/subscriber.js';
import { describeSubscriber } from '../contracts/subscriber.js';
import { type EtcdServer, hasEtcd, startEtcd } from './support/etcd-server.js';
import { until } from './support/until.js';

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function put(server: EtcdServer, key: string, value: string): Promise<unknown> {
  return server.call('/v3/kv/put', { key: encode(key), value: encode(value) });
}

describe('createEtcdSubscribers', () => {
  it.each([[[]], [['etcd']], [['http://a', '']]])('refuses to start with the machines %j', (machines) => {
    expect(() => createEtcdSubscribers({ machines })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  it('refuses to start without a prefix', () => {
    const subscribe = createEtcdSubscribers({ machines: ['http://a'] });
    expect(() => subscribe({ hosts: [], scheme: 'http' })).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }));
  });

  describe('against a stand-in', () => {
    let open: Subscriber[];

    beforeEach(() => {
      vi.useFakeTimers();
      open = [];
    });

    afterEach(() => {
      for (const subscriber of open) subscriber.close?.();
      vi.useRealTimers();
    });

    interface Call {
      readonly url: string;
      readonly body: Record<string, unknown>;
      readonly authorization: string | undefined;
    }

    /** Answers each call with what the function returns; a watch stays open after that. */
    function subscribeTo(
      prefix: string,
      reply: (call: Call) => object | number | undefined,
      machines = ['http://one/'],
    ) {
      const calls: Call[] = [];
      const subscribe = createEtcdSubscribers({
        machines,
        username: 'gateway',
        password: 'secret',
        random: () => 0.5,
        async fetch(url, { body, headers }: FetchInit): Promise<FetchAnswer> {
          const call = { url, body: JSON.parse(body!), authorization: headers['authorization'] };
          calls.push(call);
          const answer = reply(call);
          const status = typeof answer === 'number' ? answer : 200;
          return { status, headers: new Headers(), body: stream(answer, url.endsWith('/watch')) };
        },
      });
      const subscriber = subscribe({ hosts: [prefix], scheme: 'http' });
      open.push(subscriber);
      return { subscriber, calls };
    }

    async function* stream(answer: object | number | undefined, isWatch: boolean): AsyncGenerator<Uint8Array> {
      if (answer !== undefined) yield Buffer.from(`${JSON.stringify(answer)}\n`);
      if (isWatch) await new Promise(() => {});
    }

    function range(...hosts: string[]): object {
      return { header: { revision: '41' }, kvs: hosts.map((value) => ({ value: encode(value) })) };
    }

    function healthy({ url }: Call): object | undefined {
      if (url.endsWith('/authenticate')) return { token: 'T' };
      return url.endsWith('/range') ? range('http://10.0.0.1') : undefined;
    }

    it('logs in, reads the range of the prefix and watches it from the next revision on', async () => {
      const { subscriber, calls } = subscribeTo('/users/', healthy);
      await subscriber.ready?.();
      expect(subscriber.hosts()).toEqual(['http://10.0.0.1']);
      await vi.advanceTimersByTimeAsync(1_100);
      const keys = { key: encode('/users/'), range_end: encode('/users0') };
      expect(calls).toEqual([
        {
          url: 'http://one/v3/auth/authenticate',
          body: { name: 'gateway', password: 'secret' },
          authorization: undefined,
        },
        { url: 'http://one/v3/kv/range', body: { ...keys, limit: 1000 }, authorization: 'T' },
        { url: 'http://one/v3/watch', body: { create_request: { ...keys, start_revision: '42' } }, authorization: 'T' },
      ]);
    });

    it('ends the range of a prefix beyond ASCII behind its last byte', async () => {
      const { subscriber, calls } = subscribeTo('a\u{10ffff}', healthy);
      await subscriber.ready?.();
      const end = Buffer.from(calls[1]!.body['range_end'] as string, 'base64');
      expect([...end]).toEqual([...Buffer.from('a'), 0xf4, 0x8f, 0xbf, 0xc0]);
    });

    it('reads everything anew every TTL, though the watch tells nothing', async () => {
      const { subscriber, calls } = subscribeTo('/users/', healthy);
      await subscriber.ready?.();
      await vi.advanceTimersByTimeAsync(32_000);
      expect(calls.map(({ url }) => url.slice('http://one/v3/'.length))).toEqual([
        'auth/authenticate',
        'kv/range',
        'watch',
        'kv/range',
        'watch',
      ]);
    });

    it('reads everything anew when the watch is cancelled, since its revision was compacted', async () => {
      const { subscriber, calls } = subscribeTo('/users/', (call) =>
        call.url.endsWith('/watch') ? { result: { canceled: true, compact_revision: '90' } } : healthy(call),
      );
      await subscriber.ready?.();
      await vi.advanceTimersByTimeAsync(1_050);
      expect(calls.at(-1)?.url).toBe('http://one/v3/kv/range');
    });

    it('S01 goes to the next machine when one fails, and logs in anew', async () => {
      const { subscriber, calls } = subscribeTo(
        '/users/',
        (call) => (call.url.startsWith('http://one') ? 503 : healthy(call)),
        ['http://one', 'http://two'],
      );
      await subscriber.ready?.();
      expect(subscriber.hosts()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(subscriber.hosts()).toEqual(['http://10.0.0.1']);
      expect(calls.map(({ url }) => new URL(url).host)).toEqual(['one', 'two', 'two']);
    });

    it('logs in anew when the token is no longer good', async () => {
      let tokens = 0;
      const { subscriber, calls } = subscribeTo('/users/', (call) => {
        if (call.url.endsWith('/authenticate')) return { token: `T${++tokens}` };
        return call.authorization === 'T1' && call.url.endsWith('/watch') ? 401 : healthy(call);
      });
      await subscriber.ready?.();
      await vi.advanceTimersByTimeAsync(2_100);
      expect(calls.at(-1)?.authorization).toBe('T2');
      expect(subscriber.hosts()).toEqual(['http://10.0.0.1']);
    });

    it.each([
      ['something else', { kvs: 'none' }],
      ['a number', 500],
      ['no usable host', { header: { revision: '42' }, kvs: [{ value: encode('ftp://a') }, {}] }],
    ])('S01 keeps the last good list when the range is %s', async (_name, answer) => {
      let isBroken = false;
      const { subscriber, calls } = subscribeTo('/users/', (call) =>
        isBroken && call.url.endsWith('/range') ? answer : healthy(call),
      );
      await subscriber.ready?.();
      isBroken = true;
      const before = calls.length;
      await vi.advanceTimersByTimeAsync(35_000);
      // The watch first; then the list is asked for until it comes.
      const [first, ...others] = calls.slice(before).filter(({ url }) => !url.endsWith('/authenticate'));
      expect(first?.url).toMatch(/watch$/);
      expect(others.length).toBeGreaterThan(1);
      for (const { url } of others) expect(url).toMatch(/range$/);
      expect(subscriber.hosts()).toEqual(['http://10.0.0.1']);
    });
  });
});

describe.skipIf(!hasEtcd)('a real etcd server (needs the package etcd-server)', () => {
  let server: EtcdServer;
  let prefixes = 0;

  beforeAll(async () => {
    server = await startEtcd();
  }, 30_000);

  afterAll(() => server.stop());

  describeSubscriber('etcd', async () => {
    const line = await server.startLine();
    const prefix = `/contract-${prefixes++}/`;
    const subscribe = createEtcdSubscribers({ machines: [line.url] });
    return {
      subscribe: () => subscribe({ hosts: [prefix], scheme: 'http' }),
      async publish(hosts) {
        line.mend();
        const present = hosts.map((host) => prefix + host);
        const { kvs = [] } = (await server.call('/v3/kv/range', {
          key: encode(prefix),
          range_end: encode(prefix.replace(/\/$/, '0')),
        })) as { kvs?: { key: string }[] };
        for (const { key } of kvs) {
          const name = Buffer.from(key, 'base64').toString();
          if (!present.includes(name)) await server.call('/v3/kv/deleterange', { key });
        }
        for (const host of hosts) await put(server, prefix + host, host);
      },
      fail: () => line.cut(),
      close: () => line.close(),
    };
  });

  describe('watch', () => {
    let subscriber: Subscriber;

    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    });

    afterEach(() => {
      subscriber.close?.();
      vi.useRealTimers();
    });

    it('tells of a change at once, and of keys under the prefix only', async () => {
      await put(server, '/watch/users/1', '10.0.0.1:80');
      await put(server, '/watch/orders/1', 'http://10.0.0.9');
      subscriber = createEtcdSubscribers({ machines: [server.url] })({
        hosts: ['/watch/users/'],
        scheme: 'https',
        ttl: 3_600_000,
      });
      await subscriber.ready?.();
      expect(subscriber.hosts()).toEqual(['https://10.0.0.1:80']);
      await vi.advanceTimersByTimeAsync(1_100);
      await put(server, '/watch/users/2', 'https://10.0.0.2/v2');
      await until(() => subscriber.hosts().length === 2);
      expect(subscriber.hosts()).toEqual(['https://10.0.0.1:80', 'https://10.0.0.2/v2']);
    });
  });
});

describe.skipIf(!hasEtcd)('a real etcd server with users (needs the package etcd-server)', () => {
  let server: EtcdServer;

  beforeAll(async () => {
    server = await startEtcd();
    await put(server, '/users/1', 'http://10.0.0.1');
    await server.call('/v3/auth/user/add', { name: 'root', password: 'admin' });
    await server.call('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await server.call('/v3/auth/enable', {});
  }, 30_000);

  afterAll(() => server.stop());

  async function hostsWith(password: string): Promise<readonly string[]> {
    const subscribe = createEtcdSubscribers({ machines: [server.url], username: 'root', password });
    const subscriber = subscribe({ hosts: ['/users/'], scheme: 'http' });
    await subscriber.ready?.();
    subscriber.close?.();
    return subscriber.hosts();
  }

  it('lets in who has the password', async () => {
    expect(await hostsWith('admin')).toEqual(['http://10.0.0.1']);
    expect(await hostsWith('wrong')).toEqual([]);
  });
});
