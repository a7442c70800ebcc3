import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { idleShape } from '../../lib/config/client-options.js';
import * as namespaces from '../../lib/config/namespaces.js';
import { backendSchema, endpointSchema, rootSchema } from '../../lib/config/schema.js';

const LEVELS: readonly [name: string, schema: z.ZodObject][] = [
  ['root', rootSchema],
  ['endpoint', endpointSchema],
  ['backend', backendSchema],
  ['proxy of an endpoint', namespaces.endpointProxySchema],
  ['proxy of a backend', namespaces.backendProxySchema],
  ['backend/http', namespaces.httpSchema],
  ['backend/http/client', namespaces.httpClientSchema],
  ['client_tls', namespaces.clientTlsSchema],
  ['router', namespaces.routerSchema],
];

/** Every option of a level with its schema and path, those of objects inside it included. */
function optionsOf(schema: z.ZodObject, prefix = ''): [path: string, option: z.ZodType][] {
  return Object.entries(schema.shape).flatMap(([name, option]): [string, z.ZodType][] => {
    const inner = innermost(option);
    const below = inner instanceof z.ZodObject ? optionsOf(inner, `${prefix}${name}.`) : [];
    return [[prefix + name, option as z.ZodType], ...below];
  });
}

function innermost(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return innermost(schema.unwrap());
  if (schema instanceof z.ZodPipe) return innermost(schema.in instanceof z.ZodTransform ? schema.out : schema.in);
  return schema instanceof z.ZodArray ? innermost(schema.element) : schema;
}

describe.each(LEVELS)('%s', (_, schema) => {
  test('every option has a description and an example that it accepts itself', () => {
    for (const [path, option] of optionsOf(schema)) {
      const { description = '', examples = [] } = option.meta() ?? {};
      expect([path, description.length > 5]).toEqual([path, true]);
      expect([path, (examples as unknown[]).length > 0]).toEqual([path, true]);
      for (const example of examples as unknown[]) {
        expect([path, option.safeParse(example).success]).toEqual([path, true]);
      }
    }
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

test('methods are written in any case, and are upper case afterwards', () => {
  expect(endpointSchema.parse({ endpoint: '/', method: 'post' }).method).toBe('POST');
  for (const method of ['CONNECT', 'TRACE', 'FETCH', '', 7]) {
    expect(endpointSchema.safeParse({ endpoint: '/', method }).success).toBe(false);
  }
});
