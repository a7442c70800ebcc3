import { expect, test } from 'vitest';
import { whyNotReturned, whyNotSent } from '../../lib/config/unforwarded.js';
import { isHopByHop } from '../../lib/core/http-headers.js';
import { createHeaderReader } from '../../lib/request/headers.js';
import { fakeRequest } from '../router/wire.js';
import { warningsOf, withBackends } from './support/parse.js';

const NAMES = (
  'host proxy expect connection keep-alive te trailer transfer-encoding upgrade http2-settings alt-svc content-length ' +
  'content-type content-encoding authorization cookie x-a x_forwarded_for x-forwarded-for x-forwarded-host ' +
  'x-forwarded-via x-forwarded-proto forwarded proxy-authorization user-agent accept'
).split(' ');

test.each(NAMES)('what is said of %s is what the gateway does', (name) => {
  const read = createHeaderReader({ names: [name], userAgent: 'gateway' });
  const sent = read(fakeRequest('/', [[name, 'of-the-client']]), '')[name];
  expect(sent === 'of-the-client' && name !== 'host').toBe(whyNotSent(name) === undefined);
  if (isHopByHop(name)) expect(whyNotReturned(name)).toMatch(/connection/);
});

test('headers that never pass are pointed out where they are named, each once', () => {
  const backend = { input_headers: ['Expect'], output_headers: ['Content-Type', 'X-A', 'Connection'] };
  const warnings = warningsOf(withBackends([backend], { input_headers: ['Host', 'X-A', 'host', 'Content-Length'] }));
  expect(warnings.map(({ at, message }) => `${at} ${message.split(' ')[0]}`)).toEqual([
    'endpoints[0].input_headers "host"',
    'endpoints[0].input_headers "content-length"',
    'endpoints[0].backend[0].input_headers "expect"',
    'endpoints[0].backend[0].output_headers "content-type"',
    'endpoints[0].backend[0].output_headers "connection"',
  ]);
  expect(warnings[0]?.message).toContain('X-Forwarded-Host');
});
