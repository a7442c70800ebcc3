import { expect, test } from 'vitest';
import { clientTlsSchema } from '../support/schemas.js';

test('certificates are verified unless it is said otherwise', () => {
  expect(clientTlsSchema.parse({ ca_certs: ['a.pem'] }).allow_insecure_connections).toBe(false);
});

test.each(['SSL3.0', 'TLS1.2', 'tls12', '', 12])('G01 TLS version %j is refused', (version) => {
  expect(clientTlsSchema.safeParse({ min_version: version }).success).toBe(false);
});
