import { expect, test, vi } from 'vitest';
import type { ConfigError } from '../../../../lib/errors.js';
import { createTestGateway } from '../../../../lib/testing/index.js';
import { createFakeAmqp } from './fake-amqp.js';

function gatewayOf(settings: object, path = '/{key}/{n}') {
  const fake = createFakeAmqp();
  const extra_config = { 'github.com/devopsfaith/krakend-amqp/produce': { client: 'mine', ...settings } };
  const gateway = createTestGateway(
    {
      extra_config: { router: { return_error_msg: true } },
      endpoints: [{ endpoint: path, method: 'POST', backend: [{ extra_config }] }],
    },
    { backends: {}, clients: { mine: fake.connection }, statuses: 'http', errors: 'json' },
  );
  return { ...fake, gateway };
}

test('the 1.3 name works; priority is bounded, and what is no number is left out', async () => {
  const { sent, gateway } = gatewayOf({ routing_key: 'Key', priority_key: 'N', exp_key: 'Key' });
  const calls = [gateway.call({ method: 'POST', url: '/a.b/999' }), gateway.call({ method: 'POST', url: '/50/low' })];
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  for (const { confirm } of sent) confirm();
  await Promise.all(calls);
  expect(sent.map(({ key }) => key)).toEqual(['a.b', '50']);
  expect(sent.map(({ options }) => [options['priority'], options['expiration']])).toEqual([
    [255, undefined],
    [undefined, '50'],
  ]);
});

test('without an exchange nothing is declared: the key is the name of a queue', async () => {
  const { channel, sent, gateway } = gatewayOf({ routing_key: 'jobs', static_routing_key: true });
  const call = gateway.call({ method: 'POST', url: '/a/1' });
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  sent[0]?.confirm();
  await call;
  expect([sent[0]?.exchange, sent[0]?.key]).toEqual(['', 'jobs']);
  expect(channel.assertExchange).not.toHaveBeenCalled();
});

test.each([
  [{ routing_key: 'other' }, /has no \{other\} in its path, which routing_key .* or set static_routing_key/],
  [{ exp_key: 'ttl' }, /has no \{ttl\} in its path, which exp_key/],
  [{ immediate: true }, /immediate: RabbitMQ has it no more/],
])('%j is refused', (settings, message) => {
  expect(() => gatewayOf(settings)).toThrow(message);
});

test('G01 everything that is wrong is told at once, whatever finds it', () => {
  const extra_config = {
    'backend/amqp/producer': {
      unknown: 1,
      exchange: 'x'.repeat(256),
      immediate: true,
      routing_key: 'other',
      exp_key: 'ttl',
    },
  };
  const host = ['http://a'];
  const config = {
    endpoints: [{ endpoint: '/{key}', timeout: '5', method: 'POST', backend: [{ host, extra_config }] }],
  };
  expect.assertions(1);
  try {
    createTestGateway(config as never, { backends: {} });
  } catch (error) {
    const at = 'endpoints[0].backend[0].extra_config["backend/amqp/producer"]';
    expect((error as ConfigError).issues.map(({ path }) => path).sort()).toEqual(
      [
        'endpoints[0]',
        'endpoints[0]',
        'endpoints[0].backend[0].host',
        `${at}.exchange`,
        `${at}.immediate`,
        `${at}.unknown`,
        'endpoints[0].timeout',
      ].sort(),
    );
  }
});

test('N02 what a client cannot write as AMQP is its own fault, and the broker hears nothing of it', async () => {
  const { channel, sent, gateway } = gatewayOf({ routing_key: 'key', msg_id_key: 'n' });
  const good = gateway.call({ method: 'POST', url: '/a/1' });
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  for (const url of [`/${'x'.repeat(256)}/1`, `/${'%C3%A4'.repeat(128)}/1`, `/a/${'x'.repeat(256)}`]) {
    const { status, body } = await gateway.call({ method: 'POST', url });
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('ERR_REQUEST_PATH')]);
  }
  sent[0]?.confirm();
  expect((await good).status).toBe(200);
  const longest = gateway.call({ method: 'POST', url: `/${'x'.repeat(255)}/1` });
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  sent[1]?.confirm();
  expect((await longest).status).toBe(200);
  expect(channel.close).not.toHaveBeenCalled();
});

test.each([
  [{ exchange: 'x'.repeat(256) }, /exchange: must be at most 255 bytes long/],
  [{ routing_key: 'ä'.repeat(128), static_routing_key: true }, /routing_key: must be at most 255 bytes long/],
])('G03 a name that AMQP cannot have is refused', (settings, message) => {
  expect(() => gatewayOf(settings)).toThrow(message);
});
