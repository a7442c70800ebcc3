import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, startBroker } from './broker.js';
import { freePort } from './free-port.js';

/** Where the jars of a Kafka broker are; `.ci/run` fetches them. */
const LIBS = process.env['KAFKA_LIBS'] ?? '';

export const hasKafka = LIBS !== '' && spawnSync('java', ['-version']).status === 0 && readdirSync(LIBS).length > 0;

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
  return startBroker({ program: 'java', args: [...JAVA, 'kafka.Kafka', properties], port, folder });
}
