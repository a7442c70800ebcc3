import { expect, test } from 'vitest';
import { placeOf } from '../../../../lib/components/brokers/rabbit/place.js';
import type { BackendScope } from '../../../../lib/components/component.js';
import { backendConfig } from '../../../support/backend-config.js';

function scopeOf(host: string[]): BackendScope {
  return { backend: backendConfig({ host }), clients: new Map([['mine', 'a connection']]) } as unknown as BackendScope;
}

test.each(['amqp://u:p@rabbit.internal:5672/', 'AMQPS://rabbit.internal'])('%s is a broker', (url) => {
  expect(placeOf(undefined, scopeOf([url]))).toMatchObject({ name: 'backend[0] GET /a', url, client: undefined });
});

test.each([[[]], [['http://a']], [['amqp://']], [['rabbit.internal']]])('%j is none', (host) => {
  expect(() => placeOf(undefined, scopeOf(host))).toThrow(/endpoints\[0\]\.backend\[0\]\.host: must hold one URL/);
});

test('an injected connection needs no address', () => {
  expect(placeOf('mine', scopeOf(['http://a']))).toMatchObject({ client: 'a connection' });
});
