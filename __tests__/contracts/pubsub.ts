import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GatewayOptions } from '../../lib/index.js';
import type { TestGateway } from '../../lib/testing/index.js';
import { createPubSubGateway, next, type PubSubSettings, post } from '../support/pubsub-gateway.js';

/** A queue of a cloud, and what can be seen of it from outside. */
export interface BrokerUnderTest {
  readonly publish: string;
  readonly subscribe: string;
  readonly options?: GatewayOptions;
  readonly client?: string;
  /** Where the gateway is told of it; without, the broker has dead letters of its own. */
  readonly deadLetter?: string;
  put(body: string): void;
  /** What it has not been told to forget; `isHidden` while it is out. */
  kept(): readonly { readonly body: string; readonly isHidden: boolean }[];
  dead(): readonly string[];
  /** Refuses the calls of a kind, with a text that must not get out. */
  refuse(what: 'write' | 'acknowledge', secret: string): void;
  close(): Promise<void>;
}

/** What every queue that is pulled from holds to. */
export function describePulledBroker(name: string, make: () => Promise<BrokerUnderTest>): void {
  describe(`${name} as a queue`, () => {
    let broker: BrokerUnderTest;
    const gateways: TestGateway[] = [];
    beforeEach(async () => {
      broker = await make();
    });
    afterEach(async () => {
      await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
      await broker.close();
    });

    function gatewayOf(settings: Partial<PubSubSettings> = {}, options: GatewayOptions = {}): TestGateway {
      const client = broker.client === undefined ? {} : { client: broker.client };
      const gateway = createPubSubGateway(
        {
          publish: broker.publish,
          subscribe: broker.subscribe,
          ...settings,
          write: { ...client, ...settings.write },
          read: { ...client, ...settings.read },
        },
        { ...broker.options, ...options },
      );
      gateways.push(gateway);
      return gateway;
    }
    const bodies = () => broker.kept().map(({ body }) => body);
    const hidden = () => broker.kept().filter(({ isHidden }) => isHidden);

    test('a publication is kept when it is answered, and comes back with its headers', async () => {
      const gateway = gatewayOf({ backend: { output_headers: ['X-Tenant'] } });
      const sent = await gateway.call(post('{"n":12345678901234567890}'));
      expect([sent.status, sent.text]).toEqual([200, '{}']);
      expect(bodies()).toEqual(['{"n":12345678901234567890}']);
      const got = await gateway.call(next);
      expect([got.text, got.headers['x-tenant']]).toEqual(['{"n":12345678901234567890}', 'acme']);
      expect(bodies()).toEqual([]);
    });

    test('each request that waits gets a message of its own', async () => {
      const gateway = gatewayOf();
      const answers = [1, 2, 3].map(() => gateway.call(next));
      for (const n of [1, 2, 3]) broker.put(`{"n":${n}}`);
      const texts = (await Promise.all(answers)).map(({ text }) => text);
      expect(texts.sort()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
      expect(bodies()).toEqual([]);
    });

    test('N02 a client that left takes nothing along', async () => {
      const gateway = gatewayOf({ backend: { timeout: '1s' } });
      expect((await gateway.call(next)).status).toBe(504);
      broker.put('{"n":1}');
      // The broker may still hold the last question open; what it answers is given back.
      await vi.waitFor(() => expect(hidden()).toEqual([]), { timeout: 10_000 });
      expect(bodies()).toEqual(['{"n":1}']);
      expect((await gateway.call(next)).text).toBe('{"n":1}');
      expect(bodies()).toEqual([]);
    });

    test('N02 what cannot be decoded is handed out max_attempts times, and then put aside', async () => {
      const deadLetter = broker.deadLetter === undefined ? {} : { dead_letter: broker.deadLetter };
      const gateway = gatewayOf({ read: { max_attempts: 2, ...deadLetter } });
      broker.put('poison');
      expect((await gateway.call(next)).status).toBe(502);
      await vi.waitFor(() => expect(hidden()).toEqual([]));
      expect(bodies()).toEqual(['poison']);
      expect((await gateway.call(next)).status).toBe(502);
      await vi.waitFor(() => expect(broker.dead()).toEqual(['poison']));
      await vi.waitFor(() => expect(bodies()).toEqual([]));
      broker.put('{"n":1}');
      expect((await gateway.call(next)).text).toBe('{"n":1}');
    });

    test('N02 what could not be acknowledged is not answered, and stays', async () => {
      const gateway = gatewayOf();
      broker.put('{"n":1}');
      broker.refuse('acknowledge', 'geheim');
      const { status, text } = await gateway.call(next);
      expect(status).toBe(502);
      expect(text).not.toContain('geheim');
      expect(bodies()).toEqual(['{"n":1}']);
    });

    test('a refusal is told by its code, and nothing else of it', async () => {
      broker.refuse('write', 'geheim');
      const { status, text } = await gatewayOf().call(post('x'));
      expect(status).toBe(502);
      expect(text).toMatch(/refused the call \(\w+\)/);
      expect(text).not.toContain('geheim');
    });

    test('two gateways never get the same message', async () => {
      const members = [gatewayOf(), gatewayOf()];
      const answers = members.flatMap((member) => [member.call(next), member.call(next)]);
      for (const n of [1, 2, 3, 4]) broker.put(`{"n":${n}}`);
      const texts = (await Promise.all(answers)).map(({ text }) => text);
      expect(texts.sort()).toEqual([1, 2, 3, 4].map((n) => `{"n":${n}}`));
    });
  });
}
