import { z } from 'zod';
import { flag, oneOf, text } from '../fields.js';

const tlsVersion = oneOf(['TLS10', 'TLS11', 'TLS12', 'TLS13']);
const filePath = text((value) => value !== '' && !value.includes('\0'), 'the path of a file');

/** IANA numbers. */
export const cipherSuites = z.array(z.int().min(0).max(0xffff)).default([]);

/** TLS towards backends: `client_tls`. */
export const clientTlsSchema = z.strictObject({
  ca_certs: z
    .array(filePath)
    .default([])
    .meta({ description: 'PEM files to trust besides the authorities of the system.', examples: [['ca.pem']] }),
  disable_system_ca_pool: flag().meta({ description: 'Trusts the files of `ca_certs` only.', examples: [true] }),
  client_certs: z
    .array(
      z.strictObject({
        certificate: filePath.meta({ description: 'PEM file of the certificate.', examples: ['client.pem'] }),
        private_key: filePath.meta({ description: 'PEM file of its key.', examples: ['client.key'] }),
      }),
    )
    .default([])
    .meta({
      description: 'Certificates to show to backends: `certificate` and `private_key`, PEM files.',
      examples: [[{ certificate: 'client.pem', private_key: 'client.key' }]],
    }),
  min_version: tlsVersion
    .optional()
    .meta({ description: 'Lowest version of TLS.', shownDefault: "Node's", examples: ['TLS12'] }),
  max_version: tlsVersion
    .optional()
    .meta({ description: 'Highest version of TLS.', shownDefault: "Node's", examples: ['TLS13'] }),
  cipher_suites: cipherSuites.meta({
    description: 'IANA numbers of the cipher suites to offer.',
    shownDefault: "Node's",
    examples: [[4865]],
  }),
  allow_insecure_connections: flag().meta({
    description: 'Does not verify certificates of backends.',
    examples: [true],
  }),
});
