import { z } from 'zod';
import {
  countOrZero,
  duration,
  durationOrZero,
  flag,
  HEADER_NAME,
  headerName,
  oneOf,
  orEmpty,
  text,
} from '../../config/fields.js';
import { cipherSuites } from '../../config/options/tls.js';

/** What KrakenD knows. `none` is not among them. */
export const ALGORITHMS = [
  'EdDSA',
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
] as const;

const LONGEST_PAUSE = 24 * 60 * 60 * 1_000;
/** Seconds. */
const LONGEST_CACHE = 365 * 24 * 60 * 60;
const SHORTEST_LEEWAY = 1_000;
const SHA256_BYTES = 32;

const name = z.string().min(1);
const names = z.array(name);
const cookieName = text((value) => HEADER_NAME.test(value), 'the name of a cookie');
const fingerprint = text(
  (value) => Buffer.from(value, 'base64').length === SHA256_BYTES,
  'the SHA-256 of a public key in base64',
);

export const validatorSchema = z.strictObject({
  alg: oneOf(ALGORITHMS)
    .default('RS256')
    .meta({
      description: 'The only algorithm that counts: `EdDSA`, or `HS`, `RS`, `ES`, `PS` with `256`, `384` or `512`.',
      examples: ['ES256'],
    }),
  jwk_url: orEmpty(text(isWebUrl, 'an http:// or https:// URL').optional()).meta({
    description: 'Where the set of keys is; `https://`, unless `disable_jwk_security`.',
    examples: ['https://id.example.com/.well-known/jwks.json'],
  }),
  jwk_local_path: orEmpty(name.optional()).meta({
    description: 'A file with the set of keys instead; read at start and at each `reload()`.',
    examples: ['./jwks.json'],
  }),
  cache: flag().meta({
    description: 'Keep downloaded keys for `cache_duration`; without it for a minute at most.',
    examples: [true],
  }),
  cache_duration: countOrZero(LONGEST_CACHE)
    .optional()
    .meta({
      description: 'Seconds that downloaded keys are kept.',
      default: 900,
      examples: [3600],
    }),
  shared_cache_duration: countOrZero(LONGEST_CACHE)
    .optional()
    .meta({
      description: 'At the root only.',
      more: 'See [at the root](#at-the-root).',
      label: 'seconds',
      examples: [3600],
    }),
  audience: names.default([]).meta({ description: 'Each of them has to be in `aud`.', examples: [['shop']] }),
  issuer: name.optional().meta({ description: '`iss` has to be this.', examples: ['https://id.example.com'] }),
  roles: names.default([]).meta({ description: 'One of them has to be in the token.', examples: [['admin']] }),
  roles_key: orEmpty(name.default('roles')).meta({
    description: 'The claim with the roles: a list, or a text with spaces.',
    examples: ['realm_access.roles'],
  }),
  roles_key_is_nested: flag().meta({
    description:
      '`roles_key` is a path with dots, such as `realm_access.roles`; a name that begins with `http` never is.',
    examples: [true],
  }),
  scopes: names.default([]).meta({ description: 'The scopes that are asked for.', examples: [['orders:read']] }),
  scopes_key: orEmpty(name.optional()).meta({
    description: 'The claim with the scopes, or a path with dots: a list, or a text with spaces. Needed with `scopes`.',
    examples: ['scope'],
  }),
  scopes_matcher: orEmpty(oneOf(['any', 'all']).default('any')).meta({
    description: 'Whether one of `scopes` is enough.',
    examples: ['all'],
  }),
  cookie_key: orEmpty(cookieName.default('access_token')).meta({
    description: 'The cookie with the token, looked at when the header has none.',
    examples: ['session'],
  }),
  auth_header_name: orEmpty(headerName().default('Authorization')).meta({
    description:
      'The header with the token, after `Bearer`. In another header than `Authorization` the word may be missing.',
    examples: ['X-Access-Token'],
  }),
  propagate_claims: z
    .array(z.tuple([name, headerName()]))
    .default([])
    .meta({
      description: 'Claims, or paths with dots, and the headers they are put into.',
      examples: [[['sub', 'X-User']]],
      // A JSON file that is imported has no tuples.
      ts: 'readonly (readonly string[])[]',
    }),
  propagate_claims_preserve_array: flag().meta({
    description: 'A list becomes one header line for each entry, instead of one line with commas.',
    examples: [true],
  }),
  disable_jwk_security: flag().meta({
    description: 'Let `jwk_url` begin with `http://`; a warning at start.',
    examples: [true],
  }),
  jwk_fingerprints: z
    .array(fingerprint)
    .default([])
    .meta({
      description:
        'SHA-256, in base64, of public keys (SPKI): one has to be in the chain of certificates of the key server.',
      examples: [['S3Jr8Ssuy2H5VmXXKPE0XcvK4Ca6fFNMLLkGDsGTMO0=']],
    }),
  cipher_suites: cipherSuites.meta({
    description: 'IANA numbers of the suites offered to the key server.',
    shownDefault: 'those of Node',
    examples: [[4865]],
  }),
  jwk_local_ca: orEmpty(name.optional()).meta({
    description: 'PEM file of an authority to trust for the key server, besides those of the system.',
    examples: ['./ca.pem'],
  }),
  key_identify_strategy: orEmpty(oneOf(['kid', 'x5t', 'kid_x5t', 'x5t#S256']).default('kid')).meta({
    description: 'What names a key in the header of a token and in the set: `kid`, `x5t`, `kid_x5t`, `x5t#S256`.',
    examples: ['x5t'],
  }),
  leeway: durationOrZero()
    .default(SHORTEST_LEEWAY)
    .transform((milliseconds) => Math.max(SHORTEST_LEEWAY, milliseconds))
    .meta({ description: 'How far clocks may be apart; a second at least.', examples: ['5s'] }),
  failed_jwk_key_cooldown: duration({ max: LONGEST_PAUSE })
    .default(30_000)
    .meta({ description: 'Pause between two downloads for key ids that are not in the set.', examples: ['1m'] }),
  operation_debug: flag().meta({
    description: 'Log at level `info` why tokens are refused; without it at `debug`.',
    examples: [true],
  }),
  www_authenticate: flag().meta({
    description: 'Say in `WWW-Authenticate` (RFC 6750) what is wrong.',
    examples: [true],
  }),
  secret_url: z
    .unknown()
    .optional()
    .meta({ description: 'Refused: decrypt the file before the start.', isIdle: true, examples: [''] }),
  cypher_key: z
    .unknown()
    .optional()
    .meta({ description: 'Refused: decrypt the file before the start.', isIdle: true, examples: [''] }),
});

export type ValidatorOptions = z.output<typeof validatorSchema>;
export type Algorithm = ValidatorOptions['alg'];
export type KeyStrategy = ValidatorOptions['key_identify_strategy'];

function isWebUrl(value: string): boolean {
  return /^https?:\/\//i.test(value) && URL.canParse(value);
}
