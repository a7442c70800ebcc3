import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDownload, type DownloadOptions } from '../../../lib/components/jwt/download.js';
import { closeServer, listen } from '../../support/jwt.js';

const pem = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../transport/fixtures/${name}`, import.meta.url)), 'utf8');
const servers: Server[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map(closeServer));
});

async function serve(listener: RequestListener, isSecure = false): Promise<string> {
  const server = isSecure
    ? createSecureServer({ key: pem('server.key'), cert: pem('server.pem') }, listener)
    : createServer(listener);
  servers.push(server);
  return `${isSecure ? 'https' : 'http'}://127.0.0.1:${await listen(server)}/keys`;
}

function fetchFrom(url: string, options: Partial<DownloadOptions> = {}, signal = new AbortController().signal) {
  return createDownload({ url, ca: undefined, ciphers: [], fingerprints: [], ...options })(signal);
}

function answer(status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}

describe('over http', () => {
  test('a document is read, whatever its type', async () => {
    expect(await fetchFrom(await serve(answer(200, '{"keys":[]}', { 'content-type': 'text/plain' })))).toEqual({
      keys: [],
    });
  });

  test('A03 a redirect is not followed', async () => {
    let visits = 0;
    const target = await serve((_request, response) => {
      visits += 1;
      response.end('{"keys":[]}');
    });
    await expect(fetchFrom(await serve(answer(302, '', { location: target })))).rejects.toThrow('status 302');
    expect(visits).toBe(0);
  });

  test('A03 a long answer is not read to its end', async () => {
    let closed = false;
    const url = await serve((_request, response) => {
      response.on('close', () => {
        closed = true;
      });
      const write = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, 32)));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    await expect(fetchFrom(url)).rejects.toThrow('longer than 262144 bytes');
    await vi.waitFor(() => expect(closed).toBe(true));
  });

  test.each([200, 404, 500, 204])('status %i without a document is a failure', async (status) => {
    await expect(fetchFrom(await serve(answer(status, '')))).rejects.toThrow(status === 200 ? 'no JSON' : `${status}`);
  });

  test('A06 what is no JSON is not quoted', async () => {
    const failed = fetchFrom(await serve(answer(200, '{"k":"c2VjcmV0')));
    await expect(failed).rejects.toThrow(/^its answer is no JSON$/);
  });

  test('a connection that breaks off is a failure', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      setImmediate(() => response.destroy());
    });
    await expect(fetchFrom(url)).rejects.toThrow();
    await expect(fetchFrom('http://127.0.0.1:1/')).rejects.toThrow();
  });

  test('it ends when it is told to', async () => {
    const controller = new AbortController();
    const url = await serve(() => controller.abort());
    await expect(fetchFrom(url, {}, controller.signal)).rejects.toThrow();
  });
});

describe('over https', () => {
  let url: string;
  const ca = pem('ca.pem');
  const pinOf = (name: string) => {
    const spki = new X509Certificate(pem(name)).publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(spki).digest('base64');
  };

  beforeEach(async () => {
    url = await serve(answer(200, '{"keys":[]}'), true);
  });

  test('a certificate has to be trusted, also where the environment says otherwise', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    await expect(fetchFrom(url)).rejects.toThrow();
    expect(await fetchFrom(url, { ca })).toEqual({ keys: [] });
  });

  test('its name has to be right', async () => {
    await expect(fetchFrom(url.replace('127.0.0.1', '127.0.0.2'), { ca })).rejects.toThrow();
  });

  test('a pinned key has to be in the chain', async () => {
    expect(await fetchFrom(url, { ca, fingerprints: [pinOf('other.pem'), pinOf('server.pem')] })).toEqual({ keys: [] });
    expect(await fetchFrom(url, { ca, fingerprints: [pinOf('ca.pem')] })).toEqual({ keys: [] });
    await expect(fetchFrom(url, { ca, fingerprints: [pinOf('other.pem')] })).rejects.toThrow('jwk_fingerprints');
    await expect(fetchFrom(url, { fingerprints: [pinOf('server.pem')] })).rejects.toThrow();
  });

  test('only the suites that are offered are used', async () => {
    expect(await fetchFrom(url, { ca, ciphers: ['TLS_AES_256_GCM_SHA384'] })).toEqual({ keys: [] });
  });
});
