import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';

/** The lab runs compiled from below node_modules, and its tests run as they are. */
const DEPTH = import.meta.url.includes('/.cache/')
  ? '../../../__tests__/transport/fixtures/'
  : '../transport/fixtures/';

function fixture(name: string): string {
  return fileURLToPath(new URL(`${DEPTH}${name}`, import.meta.url));
}

/** File of the authority that the gateway is to trust. */
export const CERTIFICATE_AUTHORITY = fixture('ca.pem');

/** What a backend on the loopback address shows. */
export function serverContext(): SecureContext {
  return createSecureContext({ key: readFileSync(fixture('server.key')), cert: readFileSync(fixture('server.pem')) });
}
