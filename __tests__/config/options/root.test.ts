import { expect, test } from 'vitest';
import { rootSchema } from '../support/schemas.js';

test('what falls through to endpoints and backends has its default here', () => {
  expect(rootSchema.parse({})).toMatchObject({
    timeout: 2_000,
    cache_ttl: 0,
    encoding: 'json',
    output_encoding: 'json',
    balancer: 'round_robin',
    max_request_body: 16 * 2 ** 20,
    max_response_body: 32 * 2 ** 20,
    max_response_headers: 64 * 2 ** 10,
    max_pending: 4_096,
    isolate_connections: false,
    max_in_flight_requests: 10_000,
    dns_cache_ttl: 30_000,
  });
});

test('0s of a timeout and an empty name mean the default, as in KrakenD', () => {
  const root = rootSchema.parse({ timeout: '0s', connect_timeout: '0s', encoding: '', balancer: '' });
  expect(root).toMatchObject({ timeout: 2_000, encoding: 'json', balancer: 'round_robin' });
  expect(root.connect_timeout).toBeUndefined();
});
