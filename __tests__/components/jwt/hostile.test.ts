import { createHmac, createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestGateway, type TestGateway } from '../../../lib/testing/index.js';
import { closeServer, createSigner, encode, listen, signText } from '../../support/jwt.js';
import { temporaryFile } from '../../support/temporary-file.js';

const rsa = createSigner('RS256', 'rsa');
const ec = createSigner('ES256', 'ec');
const stranger = createSigner('RS256', 'rsa');
const NOW = Math.floor(Date.now() / 1_000);
const CLAIMS = { sub: 'u7', exp: NOW + 3_600, iss: 'https://id', aud: 'shop', roles: ['admin'] };
const file = temporaryFile('keys.json', JSON.stringify({ keys: [rsa.jwk, ec.jwk] }));

let gateway: TestGateway;
let remote: { url: string; visits: number; close(): Promise<void> };

beforeAll(async () => {
  gateway = createTestGateway(
    {
      endpoints: [
        {
          endpoint: '/x',
          extra_config: {
            'auth/validator': {
              alg: 'RS256',
              jwk_local_path: file,
              issuer: 'https://id',
              audience: ['shop'],
              roles: ['admin'],
            },
          },
          backend: [{ host: ['http://a'], url_pattern: '/a' }],
        },
      ],
    },
    { backends: { 'a/a': { a: 1 } } },
  );
  let visits = 0;
  const server = createServer((_request, response) => {
    visits += 1;
    response.end(JSON.stringify({ keys: [stranger.jwk] }));
  });
  const port = await listen(server);
  remote = {
    url: `http://127.0.0.1:${port}/keys`,
    get visits() {
      return visits;
    },
    close: () => closeServer(server),
  };
});
afterAll(async () => {
  await gateway.close();
  await remote.close();
});

function call(token: string) {
  return gateway.call({ url: '/x', headers: { Authorization: `Bearer ${token}` } });
}

/** A token put together by hand. */
function forge(header: unknown, claims: unknown = CLAIMS, signature?: string): string {
  const texts = [header, claims].map((part) => (typeof part === 'string' ? part : JSON.stringify(part)));
  const input = texts.map(encode).join('.');
  return `${input}.${signature ?? signText('RS256', rsa.privateKey, input)}`;
}

function hmacWith(secret: string | Buffer): string {
  const input = [{ alg: 'HS256', typ: 'JWT', kid: 'rsa' }, CLAIMS]
    .map((part) => encode(JSON.stringify(part)))
    .join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

const HEAD = { alg: 'RS256', typ: 'JWT', kid: 'rsa' };
const publicKey = createPublicKey({ key: rsa.jwk, format: 'jwk' });
const valid = rsa.token(CLAIMS);
const [headPart, claimsPart, signaturePart] = valid.split('.') as [string, string, string];
const withClaims = (claims: object) => rsa.token({ ...CLAIMS, ...claims });
const deep = '['.repeat(5_000) + ']'.repeat(5_000);

test('what they are forged from is good', async () => {
  expect((await call(valid)).status).toBe(200);
});

const FORGED: Record<string, () => string> = {
  'A01 alg none, no signature': () => `${encode(JSON.stringify({ ...HEAD, alg: 'none' }))}.${claimsPart}.`,
  'A01 alg none, with a signature': () => forge({ ...HEAD, alg: 'none' }),
  'A01 alg NONE': () => forge({ ...HEAD, alg: 'NONE' }),
  'A01 alg none as RS256 without signature': () => `${headPart}.${claimsPart}.`,
  'A01 HS256 with the PEM of the public key': () => hmacWith(publicKey.export({ type: 'spki', format: 'pem' })),
  'A01 HS256 with the DER of the public key': () => hmacWith(publicKey.export({ type: 'spki', format: 'der' })),
  'A01 HS256 with the JWK of the public key': () => hmacWith(JSON.stringify(rsa.jwk)),
  'A01 HS256 with an empty secret': () => hmacWith(''),
  'A01 alg in lower case': () => forge({ ...HEAD, alg: 'rs256' }),
  'A01 alg as a list': () => forge({ ...HEAD, alg: ['RS256'] }),
  'A01 alg missing': () => forge({ typ: 'JWT', kid: 'rsa' }),
  'A01 another alg with a key of the set': () => ec.token(CLAIMS),
  'A01 a key of the set for another alg': () => forge({ ...HEAD, kid: 'ec' }),
  'A01 alg PS256': () => forge({ ...HEAD, alg: 'PS256' }),
  'A02 the key of another': () => stranger.token(CLAIMS),
  'A02 no kid': () => forge({ alg: 'RS256', typ: 'JWT' }),
  'A02 kid as a path': () => forge({ ...HEAD, kid: '../../../../dev/null' }),
  'A02 kid as SQL': () => forge({ ...HEAD, kid: "x' UNION SELECT 'secret' --" }),
  'A02 kid __proto__': () => forge({ ...HEAD, kid: '__proto__' }),
  'A02 kid constructor': () => forge({ ...HEAD, kid: 'constructor' }),
  'A02 kid as a number': () => forge({ ...HEAD, kid: 0 }),
  'A02 kid as an object': () => forge({ ...HEAD, kid: { toString: 'rsa' } }),
  'A02 a key in the header': () => stranger.token(CLAIMS, { jwk: stranger.jwk }),
  'A02 a key in the header, no kid': () => stranger.token(CLAIMS, { jwk: stranger.jwk, kid: undefined }),
  'A02 jku': () => stranger.token(CLAIMS, { jku: remote.url }),
  'A02 x5u': () => stranger.token(CLAIMS, { x5u: remote.url, kid: undefined }),
  'A02 x5c': () => stranger.token(CLAIMS, { x5c: ['MIIB'] }),
  'A02 crit that is not known': () => rsa.token(CLAIMS, { crit: ['exp'], exp: 1 }),
  'A02 an empty crit': () => rsa.token(CLAIMS, { crit: [] }),
  'A02 b64 false': () => rsa.token(CLAIMS, { b64: false, crit: ['b64'] }),
  'A02 b64 false without crit': () => rsa.token(CLAIMS, { b64: false }),
  'A02 two signatures': () => `${valid}.${signaturePart}`,
  'A02 JSON serialisation': () =>
    JSON.stringify({ payload: claimsPart, signatures: [{ protected: headPart, signature: signaturePart }] }),
  'A02 an encrypted token': () => `${encode('{"alg":"dir","enc":"A256GCM"}')}.a.b.c.d`,
  'A02 a header that is no object': () => forge('["RS256"]'),
  'A02 a header that is no JSON': () => forge('{"alg":"RS256"'),
  'A02 claims that are no object': () => rsa.token('"u7"'),
  'A02 claims that are no JSON': () => rsa.token('{"sub":'),
  'A02 claims that are no UTF-8': () => {
    const input = `${headPart}.${encode(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))}`;
    return `${input}.${signText('RS256', rsa.privateKey, input)}`;
  },
  'A02 another payload': () => `${headPart}.${encode(JSON.stringify({ ...CLAIMS, sub: 'root' }))}.${signaturePart}`,
  'A02 a signature of zeros': () => forge(HEAD, CLAIMS, encode(Buffer.alloc(256))),
  'A02 a signature cut short': () => valid.slice(0, -8),
  'A02 letters that are none': () => `${headPart}.${claimsPart}.${signaturePart.slice(0, -2)}=+`,
  'A04 expired by one second': () => withClaims({ exp: Math.floor(Date.now() / 1_000) - 1 }),
  'A04 not yet good': () => withClaims({ nbf: NOW + 600 }),
  'A04 issued in the future': () => withClaims({ iat: NOW + 600 }),
  'A04 exp as a text': () => withClaims({ exp: String(NOW + 3_600) }),
  'A04 exp as a list': () => withClaims({ exp: [NOW + 3_600] }),
  'A04 exp null': () => withClaims({ exp: null }),
  'A04 exp that is infinite': () => rsa.token(JSON.stringify(CLAIMS).replace(/"exp":\d+/, '"exp":1e999')),
  'A04 exp with more digits than a number has': () =>
    rsa.token(JSON.stringify(CLAIMS).replace(/"exp":\d+/, `"exp":${'9'.repeat(300)}`)),
  'A04 exp below zero': () => withClaims({ exp: -1 }),
  'A04 nbf as an object': () => withClaims({ nbf: {} }),
  'A04 another issuer that begins alike': () => withClaims({ iss: 'https://id.evil' }),
  'A04 a list of issuers': () => withClaims({ iss: ['https://id'] }),
  'A04 aud as an object': () => withClaims({ aud: { shop: true } }),
  'A04 aud as a list of lists': () => withClaims({ aud: [['shop']] }),
  'A04 aud that begins alike': () => withClaims({ aud: 'shop2' }),
  'A04 aud in another list': () => withClaims({ aud: ['shop', 7] }),
  'A04 roles as a list of all kinds': () => withClaims({ roles: [1, null, {}, 'admin'] }),
  'A04 roles as an object': () => withClaims({ roles: { admin: true, length: 1, 0: 'admin' } }),
  'A04 roles in a list of lists': () => withClaims({ roles: [['admin']] }),
  'A04 roles that begin alike': () => withClaims({ roles: 'admin2 xadmin' }),
  'A04 roles of a prototype': () => {
    const { roles: _, ...rest } = CLAIMS;
    return rsa.token(JSON.stringify(rest).replace('{', '{"__proto__":{"roles":["admin"]},'));
  },
  'A07 a token of a megabyte': () => forge(HEAD, { ...CLAIMS, pad: 'x'.repeat(1_000_000) }),
  'A07 a token one byte too long': () => `${headPart}.${'a'.repeat(16 * 1024)}.${signaturePart}`,
  'A07 claims nested deeply': () => forge(HEAD, `{"sub":${deep}}`, 'AAAA'),
  'A07 quotes that do not end': () => forge(HEAD, `{"a":1234567890123456789,"b":"${'\\"'.repeat(5_500)}`, 'AAAA'),
  'A07 a million dots': () => '.'.repeat(1_000_000),
  'A07 a million letters': () => 'a'.repeat(1_000_000),
};

describe('a forged token is turned away and no backend is called', () => {
  test.each(Object.keys(FORGED))('%s', async (name) => {
    const token = FORGED[name]!();
    const { status, text, trace } = await call(token);
    expect({ status, text, trace }).toEqual({ status: name.includes(' roles ') ? 403 : 401, text: '', trace: [] });
    expect((await call(token)).status).toBe(status);
  });

  test('A02 and no server that a token names is asked', () => {
    expect(remote.visits).toBe(0);
  });

  test('A07 none holds the event loop', async () => {
    await call(valid);
    const slow: string[] = [];
    for (const [name, make] of Object.entries(FORGED)) {
      const token = make();
      const times: number[] = [];
      // The best of several: a busy machine makes any of them slow.
      for (let turn = 0; turn < 5; turn++) {
        const start = performance.now();
        void call(token);
        times.push(performance.now() - start);
        await new Promise(setImmediate);
      }
      if (Math.min(...times) > 10) slow.push(name);
    }
    expect(slow).toEqual([]);
  });
});

test('A04 claims called __proto__ are data', async () => {
  const token = rsa.token(JSON.stringify(CLAIMS).replace('{', '{"__proto__":{"polluted":1},'));
  expect((await call(token)).status).toBe(200);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
