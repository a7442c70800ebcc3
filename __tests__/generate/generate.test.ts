import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import * as names from '../../lib/config/options/names.js';
import { createEncodings } from '../../lib/encoding/index.js';
import { balancers } from '../../lib/sd/balancer.js';
import { createSubscribers } from '../../lib/sd/index.js';
import { soundConfig, typos, wrongItems, wrongTypes } from '../config/support/mutations.js';
import { generate, loadLibrary, readPages } from './generate.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let files: Record<string, string>;

beforeAll(async () => {
  const library = await loadLibrary((path) => import(/* @vite-ignore */ `${ROOT}lib/${path}.ts`));
  files = generate(library, readPages(ROOT));
});

/** As the formatter of the repository lays it out. */
function formatted(path: string, text: string): string {
  if (!path.endsWith('.ts')) return text;
  return execFileSync(`${ROOT}node_modules/.bin/biome`, ['format', `--stdin-file-path=${path}`], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
}

test('what is written from the schemas is checked in: run `npm run generate`', () => {
  expect(Object.keys(files).length).toBeGreaterThan(3);
  for (const [path, text] of Object.entries(files)) {
    expect(readFileSync(`${ROOT}${path}`, 'utf8'), path).toBe(formatted(path, text));
  }
});

test('the names that editors complete are those that there are', () => {
  const encodings = [...createEncodings().values()];
  expect([...names.ENCODINGS].sort()).toEqual(
    encodings.flatMap(({ name, decoder, passthrough }) => (decoder || passthrough ? [name] : [])).sort(),
  );
  expect([...names.OUTPUT_ENCODINGS].sort()).toEqual(
    encodings.flatMap(({ name, encode, passthrough }) => (encode || passthrough ? [name] : [])).sort(),
  );
  expect([...names.SUBSCRIBERS].sort()).toEqual([...createSubscribers().keys()].sort());
  expect([...names.BALANCERS].sort()).toEqual([...balancers.keys()].sort());
});

describe('schema.json', () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, strictRequired: false });
  const validate = ajv.compile(JSON.parse(readFileSync(`${ROOT}docs/schema.json`, 'utf8')));

  test('accepts what the gateway accepts: both generations of names, comments, own components', () => {
    for (const config of [
      soundConfig(),
      {
        $schema: 'https://example.test/schema.json',
        '@comment': 'ignored',
        version: 2,
        timeout: '3000ms',
        endpoints: [
          {
            endpoint: '/a',
            headers_to_pass: ['Authorization'],
            querystring_params: ['page'],
            output_encoding: '',
            extra_config: { 'github.com/devopsfaith/krakend/proxy': { sequential: true }, 'example/own': { a: 1 } },
            backend: [
              {
                whitelist: ['id'],
                timeout: 0,
                retry: { attempts: 2, on: ['connection', 503] },
                output_headers: ['X-A', { name: 'X-B', keep: 'append' }],
                extra_config: {
                  'github.com/devopsfaith/krakend-circuitbreaker/gobreaker': { max_errors: 1, interval: 60 },
                },
              },
            ],
          },
        ],
      },
    ]) {
      expect([validate(config), validate.errors ?? []]).toEqual([true, []]);
    }
  });

  test('accepts every configuration of the docs', () => {
    const pages = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.md'),
    );
    let count = 0;
    for (const page of pages) {
      const text = readFileSync(`${ROOT}docs/${page}`, 'utf8');
      for (const [, block] of text.matchAll(/```json\n([\s\S]*?)```/g)) {
        let config: unknown;
        try {
          config = JSON.parse(block as string);
        } catch {
          continue;
        }
        if (typeof config !== 'object' || config === null || !('endpoints' in config)) continue;
        count += 1;
        expect([page, validate(config), validate.errors ?? []]).toEqual([page, true, []]);
      }
    }
    expect(count).toBeGreaterThan(10);
  });

  test.each([
    ['types', wrongTypes()],
    ['items', wrongItems()],
    ['names', typos()],
  ])('refuses wrong %s, wherever they are', (_, mutations) => {
    // How long a duration may be does not show in its text.
    const judged = mutations.filter(({ change }) => !['= "9999999h"', '= "0s"'].includes(change));
    const accepted = judged.filter(({ input }) => validate(input)).map(({ path, change }) => `${path}: ${change}`);
    expect(judged.length).toBeGreaterThan(50);
    expect(accepted).toEqual([]);
  });

  test('refuses unknown options, wrong types and durations without a unit', () => {
    const endpoints = [{ endpoint: '/a', backend: [{ url_pattern: '/' }] }];
    for (const config of [
      { endpoints, timeuot: '2s' },
      { endpoints, timeout: '3 sec' },
      { endpoints, timeout: 2000 },
      { endpoints: [{ endpoint: '/a' }] },
      { endpoints: [{ endpoint: '/a', backend: [{ allow: 'id' }] }] },
      { endpoints: [{ endpoint: '/a', method: 'FETCH', backend: [{}] }] },
      { endpoints: [{ endpoint: '/a', backend: [{ extra_config: { 'qos/circuit-breaker': { maxErors: 1 } } }] }] },
    ]) {
      expect([config, validate(config)]).toEqual([config, false]);
    }
  });
});
