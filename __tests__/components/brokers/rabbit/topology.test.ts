import { expect, test } from 'vitest';
import { checkTopology } from '../../../../lib/components/brokers/rabbit/topology.js';
import { createFakeAmqp } from './fake-amqp.js';

const context = { scope: 'backend' as const, functions: new Map(), stores: new Map() };

test('a client has to be a connection of amqplib', () => {
  const clients = new Map<string, unknown>([
    ['mine', createFakeAmqp().connection],
    ['other', { createChannel() {} }],
  ]);
  expect(checkTopology({ client: 'mine' }, { ...context, clients })).toEqual([]);
  for (const client of ['other', 'none']) {
    expect(checkTopology({ client }, { ...context, clients })).toMatchObject([{ path: ['client'] }]);
  }
});

test('without a client the package is looked for', () => {
  expect(checkTopology({}, { ...context, clients: new Map() })).toEqual([]);
});
