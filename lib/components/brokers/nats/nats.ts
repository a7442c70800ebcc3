import type { Driver } from '../driver.js';
import { jetstreamPeer, natsPeer } from './connection.js';
import { createJetStreamSubscription } from './jetstream.js';
import { createNatsPublisher } from './publisher.js';
import { createNatsSubscription } from './subscription.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: a control byte in a name is what this looks for
const CONTROL = /[\s\u0000-\u001f\u007f]/;
const WILDCARD = /[*>]/;
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
    const names = [target, query.get('queue') ?? '', consumer ?? ''];
    if (names.some((text) => CONTROL.test(text))) return 'has a name with a space or a control character';
    if (use === 'publish' && WILDCARD.test(target)) return 'names a subject with a wildcard';
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
