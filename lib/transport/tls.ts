import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type SecureContext, type SecureVersion } from 'node:tls';
import type { ClientTls } from '../config/resolved.js';
import { cipherNameOf } from '../core/cipher-suites.js';
import { ConfigError } from '../errors.js';

const VERSIONS: ReadonlyMap<string, SecureVersion> = new Map([
  ['TLS10', 'TLSv1'],
  ['TLS11', 'TLSv1.1'],
  ['TLS12', 'TLSv1.2'],
  ['TLS13', 'TLSv1.3'],
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
  const name = cipherNameOf(id);
  if (name === undefined)
    throw refuse(`client_tls.cipher_suites[${index}]`, `${id} is no suite that OpenSSL offers; leave it out`);
  return name;
}

function refuse(path: string, message: string): ConfigError {
  return new ConfigError([{ path, message }]);
}
