import { EventEmitter, once } from 'node:events';
import { confirm } from './warehouse.mjs';

/** Stands in for the broker: two functions as backends, and a warehouse at the other end of an array. */
export function createMemoryTopics(mailbox) {
  const topic = new EventEmitter();
  const confirmed = [];

  function publish({ headers, body }) {
    const id = headers['x-order-id'];
    setImmediate(() => {
      const confirmation = confirm(id, String(body ?? ''));
      mailbox.deliver(id, confirmation);
      confirmed.push(confirmation);
      topic.emit('confirmed');
    });
  }

  async function nextConfirmation({ signal }) {
    while (confirmed.length === 0) await once(topic, 'confirmed', { signal });
    return confirmed.shift();
  }

  return {
    orders: { 'backend/function': 'publish' },
    confirmations: { 'backend/function': 'nextConfirmation' },
    functions: { publish, nextConfirmation },
  };
}
