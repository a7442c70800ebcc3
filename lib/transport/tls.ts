import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext, type SecureVersion } from 'node:tls';
import type { ClientTls } from '../config/resolved.js';
import { ConfigError } from '../errors.js';

const VERSIONS: ReadonlyMap<string, SecureVersion> = new Map([
  ['TLS10', 'TLSv1'],
  ['TLS11', 'TLSv1.1'],
  ['TLS12', 'TLSv1.2'],
  ['TLS13', 'TLSv1.3'],
]);

/** IANA numbers, as KrakenD's configuration has them, and OpenSSL's names. */
const CIPHERS: ReadonlyMap<number, string> = new Map([
  [0x002f, 'AES128-SHA'],
  [0x0035, 'AES256-SHA'],
  [0x003c, 'AES128-SHA256'],
  [0x009c, 'AES128-GCM-SHA256'],
  [0x009d, 'AES256-GCM-SHA384'],
  [0x1301, 'TLS_AES_128_GCM_SHA256'],
  [0x1302, 'TLS_AES_256_GCM_SHA384'],
  [0x1303, 'TLS_CHACHA20_POLY1305_SHA256'],
  [0xc009, 'ECDHE-ECDSA-AES128-SHA'],
  [0xc00a, 'ECDHE-ECDSA-AES256-SHA'],
  [0xc013, 'ECDHE-RSA-AES128-SHA'],
  [0xc014, 'ECDHE-RSA-AES256-SHA'],
  [0xc023, 'ECDHE-ECDSA-AES128-SHA256'],
  [0xc027, 'ECDHE-RSA-AES128-SHA256'],
  [0xc02b, 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  [0xc02c, 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  [0xc02f, 'ECDHE-RSA-AES128-GCM-SHA256'],
  [0xc030, 'ECDHE-RSA-AES256-GCM-SHA384'],
  [0xcca8, 'ECDHE-RSA-CHACHA20-POLY1305'],
  [0xcca9, 'ECDHE-ECDSA-CHACHA20-POLY1305'],
]);

/**
 * Reads certificates and keys once, so that a missing or broken one stops the gateway at start. Entries are file names,
 * or PEM texts.
 *
 * @throws {ConfigError} naming the entry that cannot be used
 */
export function readTls(tls: ClientTls): SecureContext {
  const ca = tls.ca_certs.map((entry, index) => readPem(entry, `client_tls.ca_certs[${index}]`));
  const system = tls.disable_system_ca_pool ? [] : rootCertificates;
  const minVersion = VERSIONS.get(tls.min_version ?? '');
  const maxVersion = VERSIONS.get(tls.max_version ?? '');
  const options = {
    ...((ca.length > 0 || tls.disable_system_ca_pool) && { ca: [...system, ...ca] }),
    ...(tls.client_certs.length > 0 && {
      cert: tls.client_certs.map((pair, at) => readPem(pair.certificate, `client_tls.client_certs[${at}].certificate`)),
      key: tls.client_certs.map((pair, at) => readPem(pair.private_key, `client_tls.client_certs[${at}].private_key`)),
    }),
    ...(tls.cipher_suites.length > 0 && { ciphers: tls.cipher_suites.map(cipherName).join(':') }),
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
  };
  try {
    return createSecureContext(options);
  } catch {
    throw refuse(
      'client_tls',
      'certificates, keys and versions do not fit together; check that they are PEM and belong together',
    );
  }
}

function readPem(entry: string, path: string): string {
  if (entry.startsWith('-----BEGIN ')) return entry;
  let text: string;
  try {
    text = readFileSync(entry, 'utf8');
  } catch {
    throw refuse(path, 'the file cannot be read; give the path of a readable PEM file');
  }
  if (!text.includes('-----BEGIN ')) throw refuse(path, 'the file is not PEM; convert it with openssl');
  return text;
}

function cipherName(id: number, index: number): string {
  const name = CIPHERS.get(id);
  if (name === undefined)
    throw refuse(`client_tls.cipher_suites[${index}]`, `${id} is no suite that OpenSSL offers; leave it out`);
  return name;
}

function refuse(path: string, message: string): ConfigError {
  return new ConfigError([{ path, message }]);
}
