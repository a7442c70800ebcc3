import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  type BackendInput,
  createGateway,
  defineComponent,
  type EndpointInput,
  type GatewayOptions,
} from '../../lib/index.js';
import { backendAnswer } from '../support/transport.js';

/** A space that only a text that nobody parsed still has. */
const ANSWERS: Readonly<Record<string, string>> = {
  '/one': '{"a": 1}',
  '/two': '{"b": {"c": "<2>"}}',
  '/same': '{"a": 2}',
};

interface Setting {
  readonly endpoint?: Partial<EndpointInput>;
  readonly backends?: readonly BackendInput[];
  readonly options?: Partial<GatewayOptions>;
}

/** What the client of an endpoint with two backends gets. */
async function answerTo({ endpoint, backends, options }: Setting): Promise<string> {
  const backend = (backends ?? [{ url_pattern: '/one' }, { url_pattern: '/two' }]).map((settings) => ({
    host: ['http://backend.test'],
    ...settings,
  }));
  const gateway = createGateway(
    { endpoints: [{ endpoint: '/x', ...endpoint, backend } as EndpointInput] },
    { transport: ({ url }) => Promise.resolve(backendAnswer(ANSWERS[new URL(url).pathname])), ...options },
  );
  const server = createServer(gateway);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/x`);
  const text = await response.text();
  expect([response.status, response.headers.get('x-krakend-completed')]).toEqual([200, 'true']);
  await new Promise((resolve) => server.close(resolve));
  await gateway.close();
  return text;
}

const passOn = defineComponent({
  namespace: 'test/pass-on',
  schema: z.strictObject({}),
  endpoint: () => (next) => (request) => next(request),
  backend: () => (next) => (request) => next(request),
});
const blind = defineComponent({ ...passOn, namespace: 'test/blind', readsData: false });
const onTheWire = defineComponent({
  namespace: 'test/wire',
  schema: z.strictObject({}),
  transport: () => (next) => (request) => next(request),
});
const components = [passOn, blind, onTheWire];

describe('documents stay text', () => {
  test.each<[string, Setting, string]>([
    ['when nobody looks into them', {}, '{"a": 1,"b": {"c": "\\u003c2\\u003e"}}'],
    ['from one backend', { backends: [{ url_pattern: '/one' }] }, '{"a": 1}'],
    [
      'of target and group',
      {
        backends: [
          { url_pattern: '/one', group: 'g' },
          { url_pattern: '/two', target: 'b' },
        ],
      },
      '{"g":{"a": 1},"c": "\\u003c2\\u003e"}',
    ],
    [
      'beside one that is filtered',
      { backends: [{ url_pattern: '/one' }, { url_pattern: '/two', allow: ['b'] }] },
      '{"a": 1,"b":{"c":"\\u003c2\\u003e"}}',
    ],
    [
      'through layers that leave them alone, and through all on the wire',
      {
        endpoint: { extra_config: { 'test/blind': {} } as never },
        backends: [{ url_pattern: '/one', extra_config: { 'test/blind': {}, 'test/wire': {} } as never }],
        options: { components },
      },
      '{"a": 1}',
    ],
  ])('%s', async (_, setting, expected) => {
    expect(await answerTo(setting)).toBe(expected);
  });
});

describe('documents are parsed', () => {
  test.each<[string, Setting, string]>([
    ['when they collide', { backends: [{ url_pattern: '/one' }, { url_pattern: '/same' }] }, '{"a":2}'],
    ['for a filter', { backends: [{ url_pattern: '/one', deny: ['x'] }] }, '{"a":1}'],
    ['for a mapping', { backends: [{ url_pattern: '/one', mapping: { a: 'z' } }] }, '{"z":1}'],
    [
      'for a layer around the endpoint',
      {
        endpoint: { extra_config: { 'test/pass-on': {} } as never },
        backends: [{ url_pattern: '/one' }],
        options: { components },
      },
      '{"a":1}',
    ],
    [
      'for a layer around a backend',
      { backends: [{ url_pattern: '/one', extra_config: { 'test/pass-on': {} } as never }], options: { components } },
      '{"a":1}',
    ],
    [
      'for a combiner of the host app',
      {
        endpoint: { extra_config: { proxy: { combiner: 'own' } } },
        options: { combiners: { own: (parts) => Object.assign({}, ...parts) } },
      },
      '{"a":1,"b":{"c":"\\u003c2\\u003e"}}',
    ],
    [
      'for static data',
      {
        endpoint: { extra_config: { proxy: { static: { strategy: 'always', data: { s: true } } } } },
        backends: [{ url_pattern: '/one' }],
      },
      '{"a":1,"s":true}',
    ],
    [
      'for another output encoding',
      { endpoint: { output_encoding: 'json-collection' }, backends: [{ url_pattern: '/one' }] },
      '[]',
    ],
    [
      'for a flatmap of the endpoint',
      {
        endpoint: { extra_config: { proxy: { flatmap_filter: [{ type: 'del', args: ['x'] }] } } },
        backends: [{ url_pattern: '/one' }],
      },
      '{"a":1}',
    ],
    [
      'for a flatmap of a backend',
      {
        backends: [
          { url_pattern: '/one', extra_config: { proxy: { flatmap_filter: [{ type: 'del', args: ['x'] }] } } },
        ],
      },
      '{"a":1}',
    ],
    [
      'in a sequence',
      { endpoint: { extra_config: { proxy: { sequential: true } } } },
      '{"a":1,"b":{"c":"\\u003c2\\u003e"}}',
    ],
  ])('%s', async (_, setting, expected) => {
    expect(await answerTo(setting)).toBe(expected);
  });
});
