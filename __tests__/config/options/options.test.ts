import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { innermost, missingIn, optionsOf } from '../../support/options.js';
import * as schemas from '../support/schemas.js';
import { backendSchema, endpointSchema, idleShape, rootSchema } from '../support/schemas.js';

const LEVELS: readonly [name: string, schema: z.ZodObject][] = [
  ['root', rootSchema],
  ['endpoint', endpointSchema],
  ['backend', backendSchema],
  ['proxy of an endpoint', schemas.endpointProxySchema],
  ['proxy of a backend', schemas.backendProxySchema],
  ['backend/http', schemas.httpSchema],
  ['backend/http/client', schemas.httpClientSchema],
  ['client_tls', schemas.clientTlsSchema],
  ['router', schemas.routerSchema],
];

describe.each(LEVELS)('%s', (_, schema) => {
  test('every option has a description and an example that it accepts itself', () => {
    const faults = optionsOf(schema).map(([path, option]) => [path, ...missingIn(option)]);
    expect(faults.filter(({ length }) => length > 1)).toEqual([]);
  });

  test('G01 nothing unknown is accepted, here or below', () => {
    expect(schema.safeParse({ surely_unknown: 1 }).error?.issues.some(({ code }) => code === 'unrecognized_keys')).toBe(
      true,
    );
    for (const [path, option] of optionsOf(schema)) {
      const inner = innermost(option);
      if (!(inner instanceof z.ZodObject)) continue;
      expect([path, inner.safeParse({ surely_unknown: 1 }).success]).toEqual([path, false]);
    }
  });
});

test('every option of the documented format is known', () => {
  const ROOT =
    'version name host port listen_ip timeout cache_ttl output_encoding endpoints async_agent extra_config read_timeout read_header_timeout write_timeout idle_timeout max_header_bytes max_shutdown_wait_time disable_keep_alives disable_compression max_idle_connections max_idle_connections_per_host idle_connection_timeout response_header_timeout expect_continue_timeout dialer_timeout dialer_fallback_delay dialer_keep_alive disable_rest plugin tls client_tls allow_insecure_connections use_h2c debug_endpoint echo_endpoint sequential_start dns_cache_ttl';
  const ENDPOINT =
    'endpoint method backend output_encoding timeout cache_ttl concurrent_calls input_headers input_query_strings extra_config';
  const BACKEND =
    'host url_pattern method encoding is_collection target allow deny mapping group sd sd_scheme disable_host_sanitize timeout concurrent_calls input_headers input_query_strings extra_config';
  expect(Object.keys(rootSchema.shape)).toEqual(expect.arrayContaining(ROOT.split(' ')));
  expect(Object.keys(endpointSchema.shape)).toEqual(expect.arrayContaining(ENDPOINT.split(' ')));
  expect(Object.keys(backendSchema.shape)).toEqual(expect.arrayContaining(BACKEND.split(' ')));
  expect(Object.keys(rootSchema.shape)).toEqual(expect.arrayContaining(Object.keys(idleShape)));
});

describe('the documentation', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

  /** The text between a heading and the next of the same level or above. */
  function section(heading: string): string {
    const level = heading.indexOf(' ');
    const rest = page.slice(page.indexOf(`\n${heading}\n`) + heading.length + 1);
    const end = rest.search(new RegExp(`\\n#{2,${level}} `));
    return end < 0 ? rest : rest.slice(0, end);
  }

  test.each<[string, z.ZodObject]>([
    ['## Root', rootSchema],
    ['## Endpoint', endpointSchema],
    ['## Backend', backendSchema],
    ['### `router`', schemas.routerSchema],
    ['### `proxy` of an endpoint', schemas.endpointProxySchema],
    ['### `proxy` of a backend', schemas.backendProxySchema],
    ['### `backend/http`', schemas.httpSchema],
    ['### `backend/http/client`', schemas.httpClientSchema],
    ['### TLS towards backends', schemas.clientTlsSchema],
  ])('%s has every option, and no other', (heading, schema) => {
    const text = section(heading);
    const known = Object.keys(schema.shape);
    expect(known.filter((name) => !text.includes(`\`${name}\``) && !text.includes(`\`${name}.`))).toEqual([]);
    const rows = [...text.matchAll(/^\| `([a-z_]+)`(?:, `([a-z_]+)`)? \|/gm)].flatMap(([, one, other]) => [one, other]);
    const tls = heading === '## Root' ? Object.keys(schemas.clientTlsSchema.shape) : [];
    expect(rows.filter((name) => name !== undefined && !known.includes(name) && !tls.includes(name))).toEqual([]);
  });

  test('retry and ejection have every option', () => {
    for (const option of ['retry', 'ejection'] as const) {
      const inner = innermost(backendSchema.shape[option]) as z.ZodObject;
      for (const name of Object.keys(inner.shape))
        expect(section('### Retry and ejection')).toContain(`| \`${option}.${name}\` |`);
    }
  });
});
