import { expect, test } from 'vitest';
import { findPlace } from '../../../lib/components/brokers/place.js';
import type { BackendScope } from '../../../lib/components/component.js';
import { silentLogger } from '../../../lib/logger.js';
import { backendConfig } from '../../support/backend-config.js';

const clients = new Map<string, unknown>([['mine', { producer() {}, consumer() {} }]]);
const scope = {
  backend: backendConfig({ host: ['kafka://'] }),
  clients,
  logger: silentLogger,
} as unknown as BackendScope;
const connection = { option: 'extra_config["x"].topic_url', url: 'orders', client: 'mine' };

test('a place has what its driver needs to know', () => {
  const { place } = findPlace({ ...connection, maxAttempts: 3, deadLetter: 'dead' }, 'publish', scope);
  expect(place).toMatchObject({
    name: 'backend[0] GET /a',
    url: { scheme: 'kafka', target: 'orders' },
    client: clients.get('mine'),
    timeout: 2_000,
    connectTimeout: 1_000,
    maxPending: 256,
    maxAttempts: 3,
    deadLetter: 'dead',
  });
});

test('dead letters are refused where the broker has its own', () => {
  const rabbits = new Map([['mine', { createChannel() {}, createConfirmChannel() {} }]]);
  expect(() =>
    findPlace({ ...connection, url: 'rabbit://q', deadLetter: 'dead' }, 'subscribe', { ...scope, clients: rabbits }),
  ).toThrow(/extra_config\["x"\]\.dead_letter: cannot act over "rabbit:\/\/"/);
});

test('a fault is told with its path', () => {
  expect(() => findPlace({ ...connection, url: 'smoke://signals' }, 'publish', scope)).toThrow(
    /endpoints\[0\]\.backend\[0\]\.extra_config\["x"\]\.topic_url: cannot publish over "smoke:\/\/"/,
  );
});
