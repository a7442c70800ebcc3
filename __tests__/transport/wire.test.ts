import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../lib/errors.js';
import type { Wire } from '../../lib/transport/wire.js';
import { answer, type RawServer, startRawServer } from '../support/raw-server.js';
import { NO_TLS, openWire, outcomeOf, requestTo, SETTINGS } from './support.js';

const fixture = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
let wire: Wire;
let server: RawServer;

beforeEach(async () => {
  wire = openWire();
  server = await startRawServer((request) =>
    request.target === '/old'
      ? [{ send: answer(gzipSync('moved'), 'Location: /new\r\nContent-Encoding: gzip', '302 Found') }]
      : [{ send: answer(gzipSync('here'), 'Content-Encoding: gzip') }],
  );
});

afterEach(async () => {
  await wire.close();
  await server.close();
});

describe('a transport', () => {
  it('follows a redirect, then inflates what it has led to', async () => {
    expect((await outcomeOf(wire.transportFor(SETTINGS)(requestTo(`${server.origin}/old`)))).text).toBe('here');
    expect(server.requests).toHaveLength(2);
  });

  it('inflates the redirect itself where it is not followed', async () => {
    const send = wire.transportFor({ ...SETTINGS, redirects: 'none' });
    expect(await outcomeOf(send(requestTo(`${server.origin}/old`)))).toMatchObject({ status: 302, text: 'moved' });
  });

  it('inflates to its own limit, and no more large bodies at once than there are threads', async () => {
    const large = gzipSync(randomBytes(40_000));
    const other = await startRawServer(() => [{ send: answer(large, 'Content-Encoding: gzip') }]);
    const outcome = await outcomeOf(wire.transportFor({ ...SETTINGS, maxBody: 41_000 })(requestTo(`${other.origin}/`)));
    expect(outcome.text).toHaveLength(40_000);
    const bomb = await startRawServer(() => [{ send: answer(gzipSync('x'.repeat(2_000)), 'Content-Encoding: gzip') }]);
    const call = wire.transportFor({ ...SETTINGS, maxBody: 1_000 })(requestTo(`${bomb.origin}/`));
    expect(await outcomeOf(call)).toMatchObject({
      code: 'ERR_BACKEND_SIZE',
      message: expect.stringContaining(`${SETTINGS.name}: the body is larger than 1000 bytes`),
    });
    await Promise.all([other.close(), bomb.close()]);
  });

  it('follows, and touches nothing else, where the answer is passed through', async () => {
    const send = wire.transportFor({ ...SETTINGS, stream: true });
    const outcome = await outcomeOf(send(requestTo(`${server.origin}/old`, { stream: true })));
    expect(outcome.text).toBe(gzipSync('here').toString('latin1'));
  });

  it('asks for no compression where the configuration says so', async () => {
    const own = openWire({ disable_compression: true });
    await outcomeOf(own.transportFor(SETTINGS)(requestTo(`${server.origin}/new`)));
    expect(server.requests[0]?.headers).not.toHaveProperty('accept-encoding');
    await own.close();
  });
});

describe('certificates', () => {
  it('are those of the gateway, unless a backend has its own', async () => {
    const secure = createServer({ key: fixture('server.key'), cert: fixture('server.pem') }, (_request, response) => {
      response.end('secret');
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
    const own = openWire({ client_tls: { ...NO_TLS, ca_certs: [fixture('ca.pem')] } });
    expect((await outcomeOf(own.transportFor(SETTINGS)(requestTo(url)))).text).toBe('secret');
    const strict = own.transportFor({ ...SETTINGS, tls: NO_TLS });
    expect((await outcomeOf(strict(requestTo(url)))).code).toBe('ERR_BACKEND_CONNECTION');
    await own.close();
    secure.close();
  });

  it('F04 a 100 Continue is passed over under TLS as well', async () => {
    const secure = createTlsServer({ key: fixture('server.key'), cert: fixture('server.pem') }, (socket) => {
      socket
        .on('error', () => undefined)
        .on('data', () => {
          socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 10');
          setImmediate(() => socket.write(`0 Continue\r\n\r\n${answer('"after"')}`));
        });
    });
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}/`;
    const own = openWire({ client_tls: { ...NO_TLS, ca_certs: [fixture('ca.pem')] } });
    const send = own.transportFor(SETTINGS);
    for (let turn = 0; turn < 2; turn++) expect((await outcomeOf(send(requestTo(url)))).text).toBe('"after"');
    await own.close();
    secure.close();
  });

  it('that cannot be read stop the gateway as it starts', () => {
    const tls = { ...NO_TLS, ca_certs: ['missing.pem'] };
    expect(() => wire.transportFor({ ...SETTINGS, tls })).toThrow(ConfigError);
  });
});

it('X02 two wires share nothing', async () => {
  const other = openWire();
  const url = `${server.origin}/new`;
  await outcomeOf(wire.transportFor(SETTINGS)(requestTo(url)));
  await outcomeOf(other.transportFor(SETTINGS)(requestTo(url)));
  expect(server.connections).toHaveLength(2);
  await other.close();
  expect((await outcomeOf(wire.transportFor(SETTINGS)(requestTo(url)))).text).toBe('here');
  expect(server.connections).toHaveLength(2);
});
