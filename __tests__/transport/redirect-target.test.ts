import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import axios from 'axios';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { silentLogger } from '../../lib/logger.js';
import { createAxios } from '../../lib/transport/axios.js';
import { createOrigins } from '../../lib/transport/origin.js';
import { addressIn, createRedirectLookup, mayLeadTo } from '../../lib/transport/redirect-target.js';
import { createWire, type TransportSettings, type Wire } from '../../lib/transport/wire.js';
import { answer, type RawServer, type Script, startRawServer } from '../support/raw-server.js';
import { CLIENT, type Outcome, outcomeOf, requestTo, SETTINGS } from './support.js';

/** What the names of these tests stand for. */
const NAMES: Record<string, readonly string[]> = {
  'backend.test': ['127.0.0.1'],
  'localhost.': ['127.0.0.1'],
  'inner.test': ['127.0.0.1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'several.test': ['10.0.0.1', '169.254.169.254', '127.0.0.1'],
  'private.test': ['10.0.0.1', 'fd00::1'],
};
const PUBLIC = '93.184.216.34';

const servers: RawServer[] = [];
const wires: Wire[] = [];
let inner: RawServer;

beforeEach(async () => {
  const find = dns.lookup;
  vi.spyOn(dns, 'lookup').mockImplementation(((name: string, options: dns.LookupOptions, done: typeof onFound) => {
    const addresses = NAMES[name];
    if (addresses === undefined) return find(name, options as dns.LookupAllOptions, done);
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    if (options.all) return process.nextTick(done, null, found);
    return process.nextTick(done, null, found[0]?.address, found[0]?.family);
  }) as never);
  syncBuiltinESMExports();
  inner = await serve(() => [{ send: answer('inner') }]);
});

function onFound(_error: Error | null, _found: dns.LookupAddress[]): void {}

afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  await Promise.all(wires.splice(0).map((wire) => wire.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(respond: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(respond);
  servers.push(server);
  return server;
}

const to = (location: string, status = 302): Script => [
  { send: answer('moved', `Location: ${location}`, `${status} Moved`) },
];

interface Peer {
  readonly address?: string;
  readonly port?: number;
}

/** All that the machine of a test can reach is its own: this server seems to be somewhere else. */
function standsAt(address: string, { port }: RawServer): void {
  const sockets = Socket.prototype as unknown as { _getpeername(): Peer };
  const find = sockets._getpeername;
  vi.spyOn(sockets, '_getpeername').mockImplementation(function peerOf(this: unknown) {
    const peer = find.call(this as typeof sockets);
    return peer.port === port ? { ...peer, address } : peer;
  });
}

const INSTANCES = {
  "the gateway's own axios": createAxios,
  'its own axios with an interceptor': () => {
    const instance = createAxios();
    instance.interceptors.response.use((response) => ({ ...response }));
    return instance;
  },
  "a user's own axios": () => axios.create(),
};

function call(url: string, instance: object, settings: Partial<TransportSettings> = {}): Promise<Outcome> {
  const wire = createWire({ axios: instance as never, client: CLIENT, origins: createOrigins(silentLogger) });
  wires.push(wire);
  const send = wire.transportFor({ ...SETTINGS, ...settings });
  return outcomeOf(send(requestTo(url, { stream: settings.stream ?? false })));
}

describe.each(Object.entries(INSTANCES))('S15 with %s, a redirect of a backend outside', (_name, create) => {
  async function redirectTo(location: string, settings: Partial<TransportSettings> = {}): Promise<Outcome> {
    const outer = await serve(() => to(location.replace('PORT', `${inner.port}`)));
    standsAt(PUBLIC, outer);
    return call(`http://backend.test:${outer.port}/old`, create(), settings);
  }

  it.each([
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '127.0.0.1.',
    '127.7.7.7',
    encodeURIComponent('①②⑦.⓪.⓪.①'),
    '%31%32%37.0.0.1',
    '0',
    '0.0.0.0',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'inner.test',
    'mapped.test',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
  ])('does not reach this machine as %s', async (host) => {
    const outcome = await redirectTo(`http://${host}:PORT/`);
    expect(outcome).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
    expect(inner.connections).toHaveLength(0);
  });

  it.each([
    '169.254.169.254',
    '[fe80::1]',
    '[::ffff:169.254.169.254]',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '100.100.100.200',
    '[fd00:ec2::254]',
    '[fd00::1]',
    '224.0.0.1',
    '255.255.255.255',
    'private.test',
  ])('does not reach the network of this machine as %s', async (host) => {
    expect(await redirectTo(`http://${host}:PORT/latest/meta-data`)).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
  });

  it.each([301, 303, 307, 308])('does not with status %i either', async (status) => {
    const outer = await serve(() => to(`${inner.origin}/`, status));
    standsAt(PUBLIC, outer);
    const outcome = await call(`http://backend.test:${outer.port}/old`, create());
    expect(outcome).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
    expect(inner.connections).toHaveLength(0);
  });

  it.each([
    ['over TLS', 'https://127.0.0.1:PORT/', false],
    ['where bodies are passed through', 'http://inner.test:PORT/', true],
  ])('does not %s', async (_how, location, stream) => {
    expect(await redirectTo(location, { stream })).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
    expect(inner.connections).toHaveLength(0);
  });

  it('does not at the end of a chain', async () => {
    const outer = await serve(({ target }) => to(target === '/old' ? '/next' : `${inner.origin}/`));
    standsAt(PUBLIC, outer);
    const outcome = await call(`http://backend.test:${outer.port}/old`, create());
    expect(outcome).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
    expect(outer.requests.map(({ target }) => target)).toEqual(['/old', '/next']);
    expect(inner.connections).toHaveLength(0);
  });

  it('is followed within its own origin, whatever its address', async () => {
    const outer = await serve(({ target }) => (target === '/old' ? to('/new') : [{ send: answer('own') }]));
    const outcome = await call(`http://backend.test:${outer.port}/old`, create());
    expect(outcome).toMatchObject({ status: 200, text: 'own' });
  });

  it('names the backend and no address when it is refused', async () => {
    const { message } = await redirectTo('http://inner.test:PORT/secret');
    expect(message).toMatch(/^backend\[0\] GET \/things: a redirect leads to/);
    expect(message).not.toMatch(/127\.|inner|secret|\d{4}/);
  });
});

describe('S15 a redirect of a backend on this machine', () => {
  it.each(Object.entries(INSTANCES))('with %s reaches this machine', async (_name, create) => {
    const outer = await serve(() => to(`${inner.origin}/`));
    expect(await call(`${outer.origin}/old`, create())).toMatchObject({ status: 200, text: 'inner' });
  });

  it('reaches it by a name as well, at none but its addresses there', async () => {
    const outer = await serve(() => to(`http://several.test:${inner.port}/`));
    expect(await call(`${outer.origin}/old`, createAxios())).toMatchObject({ status: 200, text: 'inner' });
  });

  it('tells by the connection that the own host is there', async () => {
    const outer = await serve(() => to(`${inner.origin}/`));
    const url = `http://backend.test:${outer.port}/old`;
    expect(await call(url, createAxios())).toMatchObject({ status: 200, text: 'inner' });
  });

  it.each(Object.entries(INSTANCES))(
    'with %s does not reach the network, at the end of a chain either',
    async (_, create) => {
      const middle = await serve(() => to('http://private.test/'));
      const outer = await serve(() => to(`${middle.origin}/`));
      expect(await call(`${outer.origin}/old`, create())).toMatchObject({ code: 'ERR_BACKEND_REDIRECT' });
      expect(middle.connections).toHaveLength(1);
    },
  );

  it('uses no socket again that another rule has opened', async () => {
    const other = await serve(() => [{ send: answer('other') }]);
    const outer = await serve(() => to(`${other.origin}/`));
    const wire = createWire({ axios: createAxios(), client: CLIENT, origins: createOrigins(silentLogger) });
    wires.push(wire);
    const send = wire.transportFor(SETTINGS);
    await outcomeOf(send(requestTo(`${other.origin}/`)));
    await outcomeOf(send(requestTo(`${outer.origin}/`)));
    await outcomeOf(send(requestTo(`${outer.origin}/`)));
    expect(other.connections).toHaveLength(2);
    expect(other.requests).toHaveLength(3);
  });
});

describe('S15 `redirects`', () => {
  it('`same-origin` hands a redirect to another origin on, and follows the others', async () => {
    const outer = await serve(({ target }) => to(target === '/old' ? '/new' : `${inner.origin}/`));
    const outcome = await call(`${outer.origin}/old`, createAxios(), { redirects: 'same-origin' });
    expect(outcome).toMatchObject({ status: 302, text: 'moved', headers: { location: `${inner.origin}/` } });
    expect(outer.requests).toHaveLength(2);
    expect(inner.connections).toHaveLength(0);
  });

  it('`same-origin` takes another scheme, host and port for another origin', async () => {
    for (const location of ['https://127.0.0.1:PORT/', 'http://127.0.0.2:PORT/', 'http://127.0.0.1:1/']) {
      const outer: RawServer = await serve(() => to(location.replace('PORT', `${outer.port}`)));
      expect(await call(`${outer.origin}/old`, createAxios(), { redirects: 'same-origin' })).toMatchObject({
        status: 302,
      });
    }
  });

  it('`none` follows none', async () => {
    const outer = await serve(() => to('/new'));
    expect(await call(`${outer.origin}/old`, createAxios(), { redirects: 'none' })).toMatchObject({ status: 302 });
    expect(outer.requests).toHaveLength(1);
  });
});

test('S15 where a redirect may lead', () => {
  expect(mayLeadTo('93.184.216.34', 'reserved')).toBe(true);
  expect(mayLeadTo('10.0.0.1', 'private')).toBe(true);
  expect(mayLeadTo('fd00::1', 'private')).toBe(true);
  expect(mayLeadTo('127.0.0.1', 'private')).toBe(false);
  expect(mayLeadTo('10.0.0.1', 'loopback')).toBe(false);
  expect(mayLeadTo('100.64.0.1', 'private')).toBe(false);
  // Clouds have their metadata there.
  expect(mayLeadTo('169.254.169.254', 'reserved')).toBe(false);
});

test('S15 the address that a URL tells', () => {
  expect(addressIn('http://127.1:80/')).toBe('127.0.0.1');
  expect(addressIn('http://[::1]/')).toBe('::1');
  expect(addressIn('http://a.LOCALHOST./')).toBe('127.0.0.1');
  expect(addressIn('http://notlocalhost/')).toBeUndefined();
});

test.each([
  ['localhost', '127.0.0.1'],
  ['LOCALHOST.', '127.0.0.1'],
  ['api.localhost', '127.0.0.1'],
  ['localhost.example', undefined],
  ['notlocalhost', undefined],
])('S15 the name %s stands for this machine, or is looked up', (host, address) => {
  expect(addressIn(`http://${host}/`)).toBe(address);
});

test('a look-up that fails says so', async () => {
  vi.mocked(dns.lookup).mockImplementation(((_name: string, _options: object, done: (error: Error) => void) =>
    done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))) as never);
  const lookup = createRedirectLookup('public');
  const found = await new Promise((resolve) => lookup('gone.test', {}, (...result) => resolve(result)));
  expect(found).toMatchObject([{ code: 'ENOTFOUND' }, []]);
});
