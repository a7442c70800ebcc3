import type { TestGateway } from '../../../lib/testing/index.js';
import type { Broker } from './broker.js';

/** How often each broker is killed; none unless asked for, since it takes a minute or more. */
export const KILLS = Number(process.env['BROKER_KILLS'] ?? 0);

/** What became of the messages of a run. */
export interface Tally {
  readonly confirmed: ReadonlySet<number>;
  /** How often each message was an answer. */
  readonly answered: ReadonlyMap<number, number>;
  /** Confirmed and never an answer. */
  readonly lost: readonly number[];
  readonly twice: number;
}

interface Scene {
  readonly name: string;
  readonly broker: Broker;
  /** Takes `{"n":1}` by `POST /a`, and gives such messages by `GET /next`. */
  readonly gateway: TestGateway;
  /** Milliseconds without any answer after which what is still missing counts as lost. */
  readonly patience: number;
}

/** Two writers and two readers while the broker is killed and started again; then one reader, until nothing is left. */
export async function killUnderLoad({ name, broker, gateway, patience }: Scene): Promise<Tally> {
  const confirmed = new Set<number>();
  const answered = new Map<number, number>();
  let failed = 0;
  let count = 0;
  let isOver = false;

  async function write(): Promise<void> {
    while (!isOver) {
      const n = count++;
      const { status } = await gateway.call({ method: 'POST', url: '/a', body: `{"n":${n}}` });
      if (status === 200) confirmed.add(n);
      else failed++;
      await pause(status === 200 ? 2 : 20);
    }
  }
  async function take(): Promise<number | undefined> {
    const { status, body } = await gateway.call({ url: '/next' });
    if (status !== 200) await pause(20);
    if (status !== 200) return undefined;
    const { n } = body as { n: number };
    answered.set(n, (answered.get(n) ?? 0) + 1);
    return n;
  }
  async function read(): Promise<void> {
    while (!isOver) await take();
  }

  async function grows(what: string, known: { readonly size: number }): Promise<void> {
    const before = known.size;
    const end = performance.now() + 120_000;
    while (known.size === before) {
      if (performance.now() > end) throw new Error(`${name}: nothing was ${what} within two minutes after the start`);
      await pause(20);
    }
  }

  const load = [write(), write(), read(), read()];
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      await pause(300);
      await broker.kill();
      await broker.start();
      await grows('confirmed', confirmed);
      await grows('answered', answered);
    }
  } finally {
    isOver = true;
    await Promise.all(load);
  }
  // Calls fail at once during the pause before the next attempt: only time tells that nothing comes any more.
  const missing = new Set([...confirmed].filter((n) => !answered.has(n)));
  let end = performance.now() + patience;
  while (missing.size > 0 && performance.now() < end) {
    const n = await take();
    if (n === undefined) continue;
    missing.delete(n);
    end = performance.now() + patience;
  }
  const twice = [...answered.values()].filter((times) => times > 1).length;
  const lost = [...missing];
  console.info(
    `${name}: ${KILLS} kills, ${confirmed.size} confirmed, ${failed} failed, ${answered.size} answered, ${twice} twice, ${lost.length} lost`,
  );
  return { confirmed, answered, lost, twice };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
