// A token, and the file with the key that has signed it.
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const KEY_FILE = fileURLToPath(new URL('../support/golden-keys.json', import.meta.url));

/** What identity servers put into a token: so much has to be hashed to find it again. */
const CLAIMS = {
  iss: 'https://id.example.com/realms/shop',
  aud: ['shop', 'account'],
  sub: '0d1c2f5e-6a7b-4c8d-9e0f-112233445566',
  exp: 4_102_444_800,
  iat: 1_700_000_000,
  scope: 'openid profile email orders:read orders:write',
  realm_access: { roles: ['member', 'offline_access', 'uma_authorization'] },
  email: 'ada@example.com',
  name: 'Ada Lovelace',
};

const [{ kid, k }] = JSON.parse(readFileSync(KEY_FILE, 'utf8')).keys;
const input = [{ alg: 'HS256', typ: 'JWT', kid }, CLAIMS]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.');

export const TOKEN = `${input}.${createHmac('sha256', Buffer.from(k, 'base64url')).update(input).digest('base64url')}`;

export const VALIDATOR = {
  alg: 'HS256',
  jwk_local_path: KEY_FILE,
  audience: ['shop'],
  scopes_key: 'scope',
  scopes: ['orders:read'],
};
