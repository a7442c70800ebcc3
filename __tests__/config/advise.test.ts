import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { warningsOf, withBackends, withEndpoint } from './support/parse.js';
import { idleShape } from './support/schemas.js';

function placesOf(input: unknown): string[] {
  return warningsOf(input).map(({ at }) => at);
}

test('a configuration without idle options is not commented', () => {
  expect(warningsOf(withEndpoint({ extra_config: { proxy: { sequential: true } } }))).toEqual([]);
});

test('a dns_cache_ttl below a second is told to do nothing', () => {
  expect(placesOf({ dns_cache_ttl: '999ms' })).toEqual(['dns_cache_ttl']);
  for (const ttl of ['0s', 0, '1s']) expect(placesOf({ dns_cache_ttl: ttl })).toEqual([]);
});

function exampleOf(schema: z.ZodType): unknown {
  const { examples } = schema.meta() ?? {};
  return (examples as unknown[])[0];
}

test.each(['Authorization', 'cookie', '*'])('S19 a cache_ttl beside %s in input_headers is pointed out', (name) => {
  const [warning] = warningsOf(withEndpoint({ cache_ttl: '60s', input_headers: ['X-A', name] }));
  expect(warning?.at).toBe('endpoints[0].cache_ttl');
  expect(warning?.message).toContain(`"${name.toLowerCase()}"`);
  expect(warningsOf(withEndpoint({ cache_ttl: '60s', input_headers: ['X-A'] }))).toEqual([]);
  expect(warningsOf(withEndpoint({ cache_ttl: '0s', input_headers: [name] }))).toEqual([]);
});

test('every option of the server process is reported once, with what to use instead', () => {
  const input = Object.fromEntries(Object.entries(idleShape).map(([key, schema]) => [key, exampleOf(schema)]));
  const warnings = warningsOf(input);
  expect(warnings.map(({ at }) => at).sort()).toEqual(Object.keys(idleShape).sort());
  for (const { at, message } of warnings) expect(message).toMatch(new RegExp(`^"${at}" .+ here; .+\\.$`));
});

test('idle options of the router are reported when they are set', () => {
  const idle = {
    disable_path_decoding: true,
    disable_access_log: true,
    logger_skip_paths: ['/a'],
    app_engine: true,
    disable_gzip: true,
    max_multipart_memory: 1,
    use_h2c: true,
  };
  expect(placesOf({ extra_config: { router: idle } }).sort()).toEqual(
    Object.keys(idle)
      .map((key) => `extra_config.router.${key}`)
      .sort(),
  );
  const unset = {
    disable_path_decoding: false,
    disable_access_log: false,
    logger_skip_paths: [],
    app_engine: false,
    disable_gzip: false,
    use_h2c: false,
  };
  expect(placesOf({ extra_config: { router: unset } })).toEqual([]);
  expect(placesOf({ extra_config: { router: { auto_options: true, hide_version_header: true } } })).toEqual([]);
});

describe('filters that another one replaces', () => {
  const flatmap = { extra_config: { proxy: { flatmap_filter: [{ type: 'del', args: ['a'] }] } } };
  const place = 'endpoints[0].backend[0]';

  test('deny beside allow', () => {
    expect(placesOf(withBackends([{ allow: ['a'], deny: ['b'] }]))).toEqual([`${place}.deny`]);
    expect(placesOf(withBackends([{ allow: ['a'], deny: [] }]))).toEqual([]);
  });

  test('all of them beside a flatmap_filter', () => {
    expect(placesOf(withBackends([{ allow: ['a'], deny: ['b'], mapping: { a: 'b' }, ...flatmap }]))).toEqual([
      `${place}.allow`,
      `${place}.deny`,
      `${place}.mapping`,
    ]);
    expect(placesOf(withBackends([flatmap]))).toEqual([]);
  });
});

test('a backend whose answer is passed through into a merge adds nothing', () => {
  expect(placesOf(withBackends([{ encoding: 'no-op' }, {}]))).toEqual(['endpoints[0].backend[0].encoding']);
  expect(placesOf(withBackends([{ encoding: 'no-op' }], { output_encoding: 'no-op' }))).toEqual([]);
});
