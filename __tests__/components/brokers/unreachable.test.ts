import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from './free-port.js';

const CHILD = fileURLToPath(new URL('driver-child.mjs', import.meta.url));
const PUBLISHER = 'backend/pubsub/publisher';
const SUBSCRIBER = 'backend/pubsub/subscriber';
const ACCESS = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };

/** What a driver needs to look for its broker at a port of this machine, or without anything that lets it in. */
interface Setting {
  readonly env?: Readonly<Record<string, string>>;
  readonly publish?: string;
  readonly subscribe?: string;
  readonly backends?: readonly { readonly host?: string[]; readonly extra_config: object }[];
}
interface Case {
  at(port: number): Setting;
  /** Where there is something like credentials. */
  readonly stranger?: () => Setting;
}

const folder = mkdtempSync(join(tmpdir(), 'tributary-driver-'));
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const GOOGLE = {
  publish: 'gcppubsub://projects/shop1/topics/orders',
  subscribe: 'gcppubsub://projects/shop1/subscriptions/orders',
};
const SNS = 'awssns:///arn:aws:sns:eu-west-1:123456789012:orders';

function amqpOf(url: string): Setting {
  const host = [url];
  return {
    backends: [
      {
        host,
        extra_config: { 'backend/amqp/producer': { exchange: 'a', routing_key: 'a', static_routing_key: true } },
      },
      { host, extra_config: { 'backend/amqp/consumer': { name: 'a' } } },
    ],
  };
}

function lambdaOf(options: object): Setting {
  return {
    backends: [{ extra_config: { 'backend/lambda': { function_name: 'f', region: 'eu-west-1', ...options } } }],
  };
}

/** A key of Google's whose tokens are given out at `port`. */
function googleKey(port: number): string {
  const file = join(folder, `key-${port}.json`);
  const key = {
    type: 'service_account',
    project_id: 'shop1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'a@shop1.iam.gserviceaccount.com',
    token_uri: `http://127.0.0.1:${port}/token`,
  };
  writeFileSync(file, JSON.stringify(key));
  return file;
}

const DRIVERS: Readonly<Record<string, Case>> = {
  kafka: {
    at: (port) => ({
      env: { KAFKA_BROKERS: `127.0.0.1:${port}` },
      publish: 'kafka://a',
      subscribe: 'kafka://g?topic=a',
    }),
  },
  nats: {
    at: (port) => ({ env: { NATS_SERVER_URL: `127.0.0.1:${port}` }, publish: 'nats://a', subscribe: 'nats://a' }),
  },
  'nats with streams': {
    at: (port) => ({
      env: { NATS_SERVER_URL: `127.0.0.1:${port}` },
      publish: 'nats://a?jetstream=true',
      subscribe: 'nats://a?consumer=c',
    }),
  },
  redis: {
    at: (port) => ({
      env: { REDIS_URL: `redis://127.0.0.1:${port}` },
      publish: 'redis://a',
      subscribe: 'redis://a?group=g',
    }),
  },
  rabbit: {
    at: (port) => ({
      env: { RABBIT_SERVER_URL: `amqp://127.0.0.1:${port}` },
      publish: 'rabbit://a',
      subscribe: 'rabbit://a',
    }),
  },
  amqp: { at: (port) => amqpOf(`amqp://127.0.0.1:${port}`) },
  sns: {
    at: (port) => ({ env: ACCESS, publish: `${SNS}?endpoint=http://127.0.0.1:${port}` }),
    stranger: () => ({ publish: SNS }),
  },
  sqs: {
    at(port) {
      const queue = `awssqs://http://127.0.0.1:${port}/123456789012/orders?region=eu-west-1`;
      return { env: ACCESS, publish: queue, subscribe: queue };
    },
    stranger() {
      const queue = 'awssqs://sqs.eu-west-1.amazonaws.com/123456789012/orders';
      return { publish: queue, subscribe: queue };
    },
  },
  lambda: {
    at: (port) => ({ env: ACCESS, ...lambdaOf({ endpoint: `http://127.0.0.1:${port}` }) }),
    stranger: () => lambdaOf({}),
  },
  'google pub/sub': {
    at: (port) => ({ env: { PUBSUB_EMULATOR_HOST: `127.0.0.1:${port}` }, ...GOOGLE }),
    stranger: () => GOOGLE,
  },
  'google pub/sub with a key': {
    at: (port) => ({ env: { GOOGLE_APPLICATION_CREDENTIALS: googleKey(port) }, ...GOOGLE }),
    stranger: () => ({ env: { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none.json') }, ...GOOGLE }),
  },
  'service bus': {
    at(port) {
      const address = `Endpoint=sb://127.0.0.1:${port}/;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true`;
      return { env: { SERVICEBUS_CONNECTION_STRING: address }, publish: 'azuresb://a', subscribe: 'azuresb://a' };
    },
    stranger: () => ({ publish: 'azuresb://a', subscribe: 'azuresb://a' }),
  },
};

/** Only what it takes to find Node: no variable of this machine lets anything in, and none leads anywhere. */
function environment(): Record<string, string> {
  const bare = { PATH: process.env['PATH'] ?? '', HOME: folder, METADATA_SERVER_DETECTION: 'none' };
  return { ...bare, AWS_EC2_METADATA_DISABLED: 'true' };
}

function configOf({ publish, subscribe, backends = [] }: Setting): object {
  const pubsub = [
    ...(publish === undefined ? [] : [{ extra_config: { [PUBLISHER]: { topic_url: publish } } }]),
    ...(subscribe === undefined ? [] : [{ extra_config: { [SUBSCRIBER]: { subscription_url: subscribe } } }]),
  ];
  const endpoints = [...pubsub, ...backends].map((backend, index) => ({
    endpoint: `/${index}`,
    method: 'POST',
    backend: [{ disable_host_sanitize: true, ...backend }],
  }));
  return { timeout: '2s', connect_timeout: '500ms', endpoints };
}

interface Result {
  readonly answers: readonly {
    readonly status: number;
    readonly body: { readonly error?: { readonly code?: string } };
  }[];
  readonly ready: string;
}

interface Outcome {
  readonly exit: number | string | null;
  readonly stderr: string;
  readonly results: readonly Result[];
}

/** All settings of a driver in one process, one after another: to load its SDK takes longer than to look for its broker. */
function run(settings: readonly Setting[]): Promise<Outcome> {
  const task = settings.map((setting) => ({ config: configOf(setting), env: setting.env ?? {} }));
  const options = { env: environment(), timeout: 90_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [CHILD, JSON.stringify(task)], options, (error, stdout, stderr) => {
      const exit = error === null ? 0 : (error.code ?? error.signal ?? 1);
      resolve({ exit, stderr, results: stdout === '' ? [] : JSON.parse(stdout) });
    });
  });
}

let silent: { port: number; close(): void };
let refused: number;

beforeAll(async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  silent = {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  refused = await freePort();
});
afterAll(() => {
  silent.close();
  rmSync(folder, { recursive: true });
});

test.concurrent.each(Object.entries(DRIVERS))(
  'S12 %s lives at a port that refuses, at one that says nothing, and without credentials',
  { timeout: 100_000 },
  async (_name, { at, stranger }) => {
    const settings = [at(refused), at(silent.port), ...(stranger ? [stranger()] : [])];
    const { exit, stderr, results } = await run(settings);
    expect({ exit, stderr: exit === 0 ? '' : stderr }).toEqual({ exit: 0, stderr: '' });
    expect(results).toHaveLength(settings.length);
    for (const { answers } of results) {
      expect(answers.length).toBeGreaterThan(0);
      for (const { status, body } of answers) {
        expect([502, 504]).toContain(status);
        expect(JSON.stringify(body)).toMatch(/ERR_(BACKEND_CONNECTION|BACKEND_TIMEOUT|ENDPOINT_TIMEOUT)/);
      }
    }
    if (stranger) expect(results.at(-1)?.ready).toBe('ERR_NOT_READY');
  },
);
