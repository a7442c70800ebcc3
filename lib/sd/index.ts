import { createDnsSubscribers } from './dns.js';
import { createStaticSubscriber, type SubscriberFactory } from './subscriber.js';

/** The built-in ways to find hosts, by the names a backend's `sd` uses. Made per gateway, since its backends share look-ups. */
export function createSubscribers(): Map<string, SubscriberFactory> {
  return new Map<string, SubscriberFactory>([
    ['static', createStaticSubscriber],
    ['dns', createDnsSubscribers()],
  ]);
}
