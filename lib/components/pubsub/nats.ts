import type { Driver } from './driver.js';
import { jetstreamPeer, natsPeer } from './nats-connection.js';
import { createNatsPublisher } from './nats-publisher.js';
import { createJetStreamSubscription, createNatsSubscription } from './nats-subscription.js';

const SUBJECT = /^[^\s*>]+$/;
const SWITCHES = ['true', 'false', null];

/**
 * NATS. `nats://subject` to write: the server has taken the message; with `jetstream=true` a stream has stored it; with
 * `request=true` the reply is the answer. `nats://subject?queue=q` to read what is sent while the gateway runs;
 * `nats://stream?consumer=c` to read a stream, acknowledged.
 */
export const nats: Driver = {
  peers: [natsPeer],
  clientHas: ['publish', 'flush', 'request', 'subscribe'],
  parameters: { publish: ['jetstream', 'request', 'natsv2'], subscribe: ['queue', 'consumer', 'natsv2'] },

  faultOf({ target, query }, use) {
    const [jetstream, request, consumer] = [query.get('jetstream'), query.get('request'), query.get('consumer')];
    if (target === '') return use === 'publish' ? 'names no subject' : 'names no subject and no stream';
    if (use === 'publish' && !SUBJECT.test(target)) return 'names a subject with a space or a wildcard';
    if (!SWITCHES.includes(jetstream)) return 'needs "true" or "false" for "jetstream"';
    if (!SWITCHES.includes(request)) return 'needs "true" or "false" for "request"';
    if (request === 'true' && jetstream === 'true') return 'cannot have both "request" and "jetstream"';
    if (consumer !== null && query.has('queue')) return 'cannot have both "queue" and "consumer"';
    return jetstream === 'true' || consumer !== null ? jetstreamPeer.fault() : undefined;
  },

  publisher: createNatsPublisher,
  subscription(place) {
    return place.url.query.has('consumer') ? createJetStreamSubscription(place) : createNatsSubscription(place);
  },
};
