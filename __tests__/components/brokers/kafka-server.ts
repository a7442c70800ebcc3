import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** Where the jars of a Kafka broker are; `.ci/run` fetches them. */
const LIBS = process.env['KAFKA_LIBS'] ?? '';

export const hasKafka = LIBS !== '' && spawnSync('java', ['-version']).status === 0 && readdirSync(LIBS).length > 0;

export interface Broker {
  readonly address: string;
  start(): Promise<void>;
  /** As a crash or a power cut would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

const JAVA = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(LIBS, '*')];

/** A real broker: one node that is its own controller, on loopback ports, with its data in a folder of its own. */
export async function startKafka(): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-'));
  const [port, controller] = [await freePort(), await freePort()];
  const properties = join(folder, 'server.properties');
  writeFileSync(
    properties,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${join(folder, 'data')}
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
`,
  );
  const format = spawnSync(
    'java',
    [...JAVA, 'kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', properties],
    { encoding: 'utf8' },
  );
  if (format.status !== 0) throw new Error(`Kafka could not be set up: ${format.stderr}`);
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    const child = spawn('java', [...JAVA, 'kafka.Kafka', properties], { stdio: 'ignore' });
    running = child;
    for (let tries = 0; tries < 600; tries++) {
      if (child.exitCode !== null) throw new Error('Kafka ended while it was starting');
      if (await accepts(port)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('Kafka did not start');
  }

  function end(signal: NodeJS.Signals): Promise<void> {
    const child = running;
    running = undefined;
    if (!child || child.exitCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once('exit', () => resolve());
      child.kill(signal);
    });
  }

  await start();
  return {
    address: `127.0.0.1:${port}`,
    start,
    kill: () => end('SIGKILL'),
    async close() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
