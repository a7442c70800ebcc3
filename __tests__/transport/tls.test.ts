import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import nodeTls, {
  createServer,
  rootCertificates,
  type SecureContextOptions,
  type SecureVersion,
  type Server,
  TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientTls } from '../../lib/config/resolved.js';
import { ConfigError } from '../../lib/errors.js';
import { readTls } from '../../lib/transport/tls.js';
import type { Wire } from '../../lib/transport/wire.js';
import { NO_TLS, openWire, outcomeOf, requestTo, SETTINGS } from './support.js';

const file = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const pem = (name: string): string => readFileSync(file(name), 'utf8');
const TRUSTING = { ...NO_TLS, ca_certs: [file('ca.pem')] };
const servers: Server[] = [];
const tcpServers: TcpServer[] = [];
let wire: Wire;

beforeEach(() => {
  wire = openWire();
});

afterEach(async () => {
  await wire.close();
  for (const server of [...servers.splice(0), ...tcpServers.splice(0)]) server.close();
});

interface Served {
  readonly url: string;
  /** One entry for each connection: whether it resumed the session of an earlier one. */
  readonly resumed: boolean[];
  readonly server: Server;
}

/** Says by which name it was called and whose certificate the caller showed. */
function describeCaller(socket: TLSSocket): void {
  const peer = socket.getPeerCertificate().subject?.CN ?? 'nobody';
  const text = `${socket.servername || 'no name'}, ${peer}, ${socket.getProtocol()}, ${socket.getCipher().standardName}`;
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
}

/** A server that answers whatever it is asked. */
async function serve(
  name = 'server',
  options: TlsOptions = {},
  answer: (socket: TLSSocket) => void = describeCaller,
): Promise<Served> {
  const resumed: boolean[] = [];
  const server = createServer({ key: pem(`${name}.key`), cert: pem(`${name}.pem`), ...options }, (socket) => {
    resumed.push(socket.isSessionReused());
    socket.on('error', () => {});
    socket.on('data', () => answer(socket));
  });
  server.on('tlsClientError', () => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`, resumed, server };
}

async function call(url: string, tls: ClientTls, headers: Record<string, string> = {}) {
  return outcomeOf(wire.transportFor({ ...SETTINGS, tls })(requestTo(url, { headers })));
}

describe('a certificate', () => {
  it('of a trusted authority is accepted', async () => {
    const { url } = await serve();
    expect((await call(url, TRUSTING)).text).toContain('nobody, TLSv1.3');
  });

  it('may be trusted by its text as well', async () => {
    const { url } = await serve();
    expect((await call(url, { ...NO_TLS, ca_certs: [pem('ca.pem')] })).status).toBe(200);
  });

  it.each<[string, ClientTls]>([
    ['unknown authority', NO_TLS],
    ['unknown authority, with those of the system switched off', { ...NO_TLS, disable_system_ca_pool: true }],
  ])('of an %s is refused', async (_title, tls) => {
    const { url } = await serve();
    const { code, message } = await call(url, tls);
    expect(code).toBe('ERR_BACKEND_CONNECTION');
    expect(message).not.toContain('127.0.0.1');
  });

  it('for another name is refused', async () => {
    const { url } = await serve('other');
    expect(await call(url, TRUSTING)).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    const { code } = await call(url.replace('127.0.0.1', 'localhost'), TRUSTING);
    expect(code).toBe('ERR_BACKEND_CONNECTION');
  });

  it('of anybody is accepted with `allow_insecure_connections`', async () => {
    const { url } = await serve('other');
    expect((await call(url, { ...NO_TLS, allow_insecure_connections: true })).status).toBe(200);
  });

  it('G05 is checked whatever the environment says', async () => {
    const { url } = await serve();
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      expect(await call(url, NO_TLS)).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });
});

describe('what Node is told', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });

  function toldOf(tls: Partial<ClientTls>): SecureContextOptions | undefined {
    const createSecureContext = vi.spyOn(nodeTls, 'createSecureContext');
    syncBuiltinESMExports();
    readTls({ ...NO_TLS, ...tls });
    return createSecureContext.mock.lastCall?.[0];
  }

  it.each<[Partial<ClientTls>, SecureContextOptions]>([
    [{}, {}],
    [{ min_version: 'TLS13' }, { minVersion: 'TLSv1.3' }],
    [{ max_version: 'TLS12' }, { maxVersion: 'TLSv1.2' }],
    [{ cipher_suites: [0xc02f] }, { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }],
  ])('%o leaves the rest to Node', (tls, options) => {
    expect(toldOf(tls)).toStrictEqual(options);
  });

  it.each<[string, Partial<ClientTls>, readonly string[] | undefined]>([
    ['authorities are those of the system', {}, undefined],
    [
      'authorities are those of the system and the given ones',
      { ca_certs: [file('ca.pem')] },
      [...rootCertificates, pem('ca.pem')],
    ],
    [
      'authorities are the given ones alone with `disable_system_ca_pool`',
      { ca_certs: [file('ca.pem')], disable_system_ca_pool: true },
      [pem('ca.pem')],
    ],
    ['authorities are none where none is given then', { disable_system_ca_pool: true }, []],
  ])('%s', (_title, tls, ca) => {
    expect(toldOf(tls)?.ca).toEqual(ca);
  });
});

it('shows its own certificate', async () => {
  const { url } = await serve('server', { requestCert: true, ca: pem('ca.pem'), rejectUnauthorized: true });
  const client_certs = [{ certificate: file('client.pem'), private_key: file('client.key') }];
  expect((await call(url, { ...TRUSTING, client_certs })).text).toContain('client, ');
  expect(await call(url, TRUSTING)).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
});

it('asks for the name of the host, and for that one on every socket, whatever Host says', async () => {
  const { url, resumed } = await serve();
  const named = url.replace('127.0.0.1', 'localhost');
  expect((await call(named, TRUSTING)).text).toContain('localhost, ');
  expect((await call(named, TRUSTING, { host: 'other.example' })).text).toContain('localhost, ');
  expect(resumed).toHaveLength(1);
});

it.each([
  ['ended, is whole', 'end', { text: 'abc' }],
  ['reset, is cut', 'resetAndDestroy', { code: 'ERR_BACKEND_CONNECTION' }],
] as const)('F03 an answer without a length, %s', async (_title, how, expected) => {
  const raw: Socket[] = [];
  const { url, server } = await serve('server', {}, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\nabc', () => (how === 'end' ? socket.end() : raw[0]?.resetAndDestroy()));
  });
  server.on('connection', (socket: Socket) => raw.push(socket));
  expect(await call(url, TRUSTING)).toMatchObject(expected);
});

it('resumes its session on the next socket', async () => {
  const { url, resumed } = await serve('server', { maxVersion: 'TLSv1.2' });
  wire = openWire({ disable_keep_alives: true });
  await call(url, TRUSTING);
  await call(url, TRUSTING);
  expect(resumed).toEqual([false, true]);
});

it('keeps to versions and cipher suites', async () => {
  const { url } = await serve();
  const tls: ClientTls = { ...TRUSTING, min_version: 'TLS12', max_version: 'TLS12', cipher_suites: [0xc02b] };
  expect((await call(url, tls)).text).toContain('TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
});

it('Z22 plain text on a TLS port is an error', async () => {
  const { url } = await serve();
  expect(await call(url.replace('https', 'http'), NO_TLS)).toMatchObject({
    code: expect.stringMatching(/^ERR_BACKEND_/),
  });
});

describe('what cannot be used stops the gateway at start', () => {
  it.each<[string, Partial<ClientTls>, string]>([
    ['a missing file', { ca_certs: [file('ca.pem'), file('missing.pem')] }, 'client_tls.ca_certs[1]'],
    [
      'a file that is not PEM',
      { ca_certs: [fileURLToPath(import.meta.url).replace('tls.test', 'support')] },
      'client_tls.ca_certs[0]',
    ],
    ['a suite nobody knows', { cipher_suites: [0x1301, 1] }, 'client_tls.cipher_suites[1]'],
    [
      'a missing key',
      { client_certs: [{ certificate: file('client.pem'), private_key: 'missing' }] },
      'client_tls.client_certs[0].private_key',
    ],
    [
      'a key of another certificate',
      { client_certs: [{ certificate: file('client.pem'), private_key: file('other.key') }] },
      'client_tls',
    ],
  ])('%s', (_title, tls, path) => {
    let issues: ConfigError['issues'] = [];
    try {
      readTls({ ...NO_TLS, ...tls });
    } catch (error) {
      if (error instanceof ConfigError) issues = error.issues;
    }
    expect(issues).toEqual([{ path, message: expect.any(String) }]);
  });
});

describe('S18 an answer that ends with the connection', () => {
  const BODY = `{"a":"${'x'.repeat(200_000)}"}`;

  /** Ends TLS in order, or only the connection below it, as whoever sits in between can. */
  async function serveEnding(version: SecureVersion, isInOrder: boolean, body: string, head: string): Promise<string> {
    const options = { key: pem('server.key'), cert: pem('server.pem'), minVersion: version, maxVersion: version };
    const server = createTcpServer((tcp) => {
      const socket = new TLSSocket(tcp, { isServer: true, ...options });
      socket.on('error', () => {});
      socket.once('data', () => {
        if (isInOrder) socket.end(`${head}${body}`);
        else socket.write(`${head}${body}`, () => tcp.end());
      });
    });
    tcpServers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const CASES = (['TLSv1.2', 'TLSv1.3'] as const).flatMap((version) =>
    [false, true].flatMap((stream) => ['abc', BODY].map((body) => ({ version, stream, size: body.length, body }))),
  );

  it.each(CASES)('$version, $size bytes, stream: $stream: is whole only if TLS ended in order', async (each) => {
    const { version, stream, body } = each;
    const transport = wire.transportFor({ ...SETTINGS, maxBody: Infinity, stream, tls: TRUSTING });
    const head = 'HTTP/1.1 200 OK\r\n\r\n';
    const whole = await outcomeOf(transport(requestTo(await serveEnding(version, true, body, head))));
    expect(whole).toMatchObject({ status: 200, text: body });
    const cut = await outcomeOf(transport(requestTo(await serveEnding(version, false, body, head))));
    expect(cut.code).toBe('ERR_BACKEND_CONNECTION');
  });

  it('does not matter where its head says how long it is', async () => {
    const transport = wire.transportFor({ ...SETTINGS, tls: TRUSTING });
    const url = await serveEnding('TLSv1.3', false, 'abc', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n');
    expect(await outcomeOf(transport(requestTo(url)))).toMatchObject({ status: 200, text: 'abc' });
  });

  it('is told from a cut one also while its reader is slow', async () => {
    const transport = wire.transportFor({ ...SETTINGS, maxBody: Infinity, stream: true, tls: TRUSTING });
    for (const isInOrder of [true, false]) {
      const body = 'x'.repeat(3_000_000);
      const url = await serveEnding('TLSv1.3', isInOrder, body, 'HTTP/1.1 200 OK\r\n\r\n');
      const response = await transport(requestTo(url, { stream: true }));
      await new Promise((resolve) => setTimeout(resolve, 100));
      const outcome = await outcomeOf(Promise.resolve(response));
      if (isInOrder) expect(outcome.text).toHaveLength(body.length);
      else expect(outcome.code).toBe('ERR_BACKEND_CONNECTION');
    }
  });
});
