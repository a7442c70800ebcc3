import { createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A key that signs tokens, and what a set of keys says of it. */
export interface Signer {
  readonly alg: string;
  readonly jwk: JsonWebKey & { readonly kid: string; readonly alg: string };
  readonly privateKey: KeyObject | Buffer;
  /** A token with these claims, or with this text as its payload; members of `header` replace or add to the usual ones. */
  token(claims: unknown, header?: Readonly<Record<string, unknown>>): string;
}

type Alg = 'RS256' | 'PS256' | 'ES256' | 'ES512' | 'EdDSA' | 'HS256';

/** Makes a key, and signs with node:crypto: not with the library that is tested. */
export function createSigner(alg: Alg = 'ES256', kid = 'k1'): Signer {
  const { privateKey, jwk } = generate(alg);
  return {
    alg,
    jwk: { ...jwk, kid, alg },
    privateKey,
    token(claims, header = {}) {
      const head = { alg, typ: 'JWT', kid, ...header };
      const input = `${encode(JSON.stringify(head))}.${encode(typeof claims === 'string' ? claims : JSON.stringify(claims))}`;
      return `${input}.${signText(alg, privateKey, input)}`;
    },
  };
}

export function encode(text: string | Buffer): string {
  return Buffer.from(text).toString('base64url');
}

export function signText(alg: string, key: KeyObject | Buffer, input: string): string {
  if (Buffer.isBuffer(key)) return createHmac('sha256', key).update(input).digest('base64url');
  const bytes = Buffer.from(input);
  if (alg === 'EdDSA') return sign(null, bytes, key).toString('base64url');
  const digest = alg === 'ES512' ? 'sha512' : 'sha256';
  if (alg.startsWith('ES')) return sign(digest, bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  if (alg === 'PS256') return sign(digest, bytes, { key, padding: 6, saltLength: 32 }).toString('base64url');
  return sign(digest, bytes, key).toString('base64url');
}

function generate(alg: Alg): { privateKey: KeyObject | Buffer; jwk: JsonWebKey } {
  if (alg === 'HS256') {
    const secret = randomBytes(32);
    return { privateKey: secret, jwk: { kty: 'oct', k: secret.toString('base64url') } };
  }
  const { privateKey, publicKey } = generatePair(alg);
  return { privateKey, jwk: publicKey.export({ format: 'jwk' }) };
}

function generatePair(alg: Alg): { privateKey: KeyObject; publicKey: KeyObject } {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519');
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (alg === 'ES512') return generateKeyPairSync('ec', { namedCurve: 'P-521' });
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** A server of keys, over HTTP, on a port of its own. */
export interface KeyServer {
  readonly url: string;
  /** Downloads so far. */
  readonly downloads: number;
  /** What it answers with from now on. */
  serve(answer: KeyAnswer): void;
  close(): Promise<void>;
}

export interface KeyAnswer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** It never answers. */
  readonly hangs?: boolean;
}

export async function startKeyServer(...keys: readonly object[]): Promise<KeyServer> {
  let answer: KeyAnswer = { body: JSON.stringify({ keys }) };
  let downloads = 0;
  const server = createServer((_request, response) => {
    downloads += 1;
    if (answer.hangs) return;
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body ?? '');
  });
  const port = await listen(server);

  return {
    url: `http://127.0.0.1:${port}/keys.json`,
    get downloads() {
      return downloads;
    },
    serve(next) {
      answer = next;
    },
    close: () => closeServer(server),
  };
}

export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
