import { expect, it } from 'vitest';
import { createStaticSubscriber } from '../../lib/sd/subscriber.js';

it('a static subscriber always has the configured list, repetitions included', () => {
  const hosts = ['http://a', 'http://a', 'http://b'];
  const subscriber = createStaticSubscriber({ hosts, scheme: 'http' });
  expect(subscriber.hosts()).toBe(hosts);
  expect(subscriber.ready).toBeUndefined();
});
