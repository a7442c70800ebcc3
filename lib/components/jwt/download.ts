import { createHash, X509Certificate } from 'node:crypto';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure, type RequestOptions } from 'node:https';
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate, rootCertificates } from 'node:tls';
import { collectStream } from '../../core/collect.js';

/** Fetches a document once. Rejects with an error whose message has no URL in it. */
export type Download = (signal: AbortSignal) => Promise<unknown>;

export interface DownloadOptions {
  readonly url: string;
  /** PEM text of an authority to trust besides those of the system. */
  readonly ca: string | undefined;
  /** OpenSSL's names. */
  readonly ciphers: readonly string[];
  /** SHA-256, in base64, of public keys: one has to be in the chain. */
  readonly fingerprints: readonly string[];
}

const MOST_BYTES = 256 * 1024;
const OK = 200;

/** One request over a connection of its own: no redirects, no proxy, no compression, at most 256 KiB. */
export function createDownload({ url, ca, ciphers, fingerprints }: DownloadOptions): Download {
  const isSecure = new URL(url).protocol === 'https:';
  const options: RequestOptions = {
    agent: false,
    headers: { accept: 'application/json, application/jwk-set+json' },
    ...(isSecure && {
      // Also where the environment says otherwise.
      rejectUnauthorized: true,
      ...(ca !== undefined && { ca: [...rootCertificates, ca] }),
      ...(ciphers.length > 0 && { ciphers: ciphers.join(':') }),
      ...(fingerprints.length > 0 && { checkServerIdentity: createPinCheck(fingerprints) }),
    }),
  };

  return function download(signal) {
    return new Promise((resolve, reject) => {
      const get = isSecure ? getSecure : getPlain;
      const request = get(url, { ...options, signal }, (response) => {
        readJson(response).then(resolve, (error) => {
          request.destroy();
          reject(error);
        });
      });
      request.on('error', reject);
    });
  };
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  if (response.statusCode !== OK) throw new Error(`it answers with status ${response.statusCode}`);
  const tooLarge = () => new Error(`its answer is longer than ${MOST_BYTES} bytes`);
  const body = await collectStream(response, {
    limit: MOST_BYTES,
    tooLarge,
    // Nothing counts these bytes beside the limit.
    noRoom: tooLarge,
    cut: (error) => error ?? new Error('its answer has been cut'),
    // The request has the signal.
    aborted: ({ reason }) => reason,
  });
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // What JSON.parse says quotes the text, and the text may be a key.
    throw new Error('its answer is no JSON');
  }
}

function createPinCheck(fingerprints: readonly string[]) {
  const pins = new Set(fingerprints.map((text) => Buffer.from(text, 'base64').toString('base64')));

  return function checkPins(host: string, certificate: PeerCertificate): Error | undefined {
    const fault = checkServerIdentity(host, certificate);
    if (fault) return fault;
    const isPinned = chainOf(certificate as DetailedPeerCertificate).some((raw) => pins.has(fingerprintOf(raw)));
    return isPinned ? undefined : new Error('no certificate in its chain has a key of jwk_fingerprints');
  };
}

function chainOf(leaf: DetailedPeerCertificate): readonly Buffer[] {
  const chain = new Set<Buffer>();
  let certificate: DetailedPeerCertificate | undefined = leaf;
  // The last one is its own issuer.
  while (certificate?.raw !== undefined && !chain.has(certificate.raw)) {
    chain.add(certificate.raw);
    certificate = certificate.issuerCertificate;
  }
  return [...chain];
}

function fingerprintOf(raw: Buffer): string {
  const spki = new X509Certificate(raw).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64');
}
