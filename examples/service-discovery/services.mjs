// Instances of one service, as an orchestrator would start and stop them.
import { createService } from '../support/service.mjs';

const running = [];

export async function startInstance(weight) {
  const name = `instance-${running.length + 1}`;
  const service = createService(name, { 'GET /whoami': () => ({ body: { instance: name } }) });
  await service.start();
  running.push({ service, weight });
  return name;
}

/** What the name server says about them. */
export function records() {
  return running.map(({ service, weight }) => ({
    // A name in earnest; here it spells the loopback address.
    name: '127.0.0.1',
    port: Number(new URL(service.origin).port),
    priority: 10,
    weight,
  }));
}

export function origins() {
  return running.map(({ service }) => service.origin);
}

export async function stopInstances() {
  await Promise.all(running.map(({ service }) => service.stop()));
}
