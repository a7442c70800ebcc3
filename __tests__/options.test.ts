import { Axios } from 'axios';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { builtInComponents } from '../lib/components/index.js';
import { ConfigError } from '../lib/errors.js';
import { silentLogger } from '../lib/logger.js';
import { type GatewayOptions, resolveOptions } from '../lib/options.js';

function issuesOf(options: unknown): Record<string, string> {
  try {
    resolveOptions(options as GatewayOptions);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.issues.map(({ path, message }) => [path, message]));
  }
  return {};
}

test('has a default for everything', () => {
  expect(resolveOptions({})).toMatchObject({
    axios: undefined,
    transport: undefined,
    components: builtInComponents,
    logger: silentLogger,
    debug: false,
    fallthrough: true,
    trustedProxies: undefined,
    statuses: 'krakend',
    errors: 'empty',
    completedHeader: 'X-Krakend-Completed',
    via: expect.stringMatching(/^tributary-[0-9a-f]{8}$/),
  });
});

test('adds what is given to the built-in registries, or puts it in the place of a built-in one', () => {
  const own = () => ({});
  const { combiners, balancers, subscribers, encodings } = resolveOptions({
    combiners: { own, deep: own },
    balancers: { own: () => ({ host: () => 'http://h' }) },
    subscribers: { own: () => ({ hosts: () => [] }) },
    encodings: [{ name: 'Own', encode: () => ({ contentType: 'text/x', body: '' }) }],
  });
  expect(combiners.get('own')).toBe(own);
  expect(combiners.get('deep')).toBe(own);
  expect([...combiners.keys()]).toEqual(expect.arrayContaining(['shallow', 'concat']));
  expect([...balancers.keys()]).toEqual(expect.arrayContaining(['own', 'round_robin']));
  expect([...subscribers.keys()]).toEqual(expect.arrayContaining(['own', 'static', 'dns']));
  expect([...encodings.keys()]).toEqual(expect.arrayContaining(['own', 'json', 'no-op']));
});

test('registries are Maps: a name of Object.prototype is found in none', () => {
  const { combiners, balancers, functions } = resolveOptions({});
  for (const registry of [combiners, balancers, functions]) expect(registry.get('constructor')).toBeUndefined();
});

test('components of the host app stand inside the built-in ones', () => {
  const own = { namespace: 'example/own', schema: z.unknown(), endpoint: () => undefined };
  const { components } = resolveOptions({ components: [own] });
  expect(components.slice(0, -1)).toEqual(builtInComponents);
  expect(components.at(-1)?.namespace).toBe('example/own');
});

test('S16 each gateway has another name in `Via`, unless it is given one or none', () => {
  expect(resolveOptions({}).via).not.toBe(resolveOptions({}).via);
  expect(resolveOptions({ via: 'shop-gateway' }).via).toBe('shop-gateway');
  expect(resolveOptions({ via: false }).via).toBeUndefined();
});

test('any axios will do, as long as it can send', () => {
  const axios = new Axios({});
  expect(resolveOptions({ axios }).axios).toBe(axios);
});

describe('G03 what is wrong is refused', () => {
  test.each<[string, unknown, string]>([
    ['axios', {}, 'options.axios'],
    ['axios', null, 'options.axios'],
    ['transport', 'http', 'options.transport'],
    ['logger', console.log, 'options.logger'],
    ['logger', { error() {} }, 'options.logger'],
    ['completedHeader', 'X Completed', 'options.completedHeader'],
    ['completedHeader', 'X\r\nSet-Cookie: a=1', 'options.completedHeader'],
    ['completedHeader', '', 'options.completedHeader'],
    ['via', true, 'options.via'],
    ['via', '', 'options.via'],
    ['via', 'my gateway', 'options.via'],
    ['via', 'gw\r\nX-A: 1', 'options.via'],
    ['statuses', 'https', 'options.statuses'],
    ['errors', true, 'options.errors'],
    ['debug', 'yes', 'options.debug'],
    ['fallthrough', 0, 'options.fallthrough'],
    ['trustedProxies', '10.0.0.0/8', 'options.trustedProxies'],
    ['trustedProxies', [7], 'options.trustedProxies'],
    ['encodings', { json: {} }, 'options.encodings'],
    ['encodings', [null], 'options.encodings'],
    ['components', {}, 'options.components'],
    ['components', [{}], 'options.components'],
    ['components', [{ namespace: 'x/y', schema: {} }], 'options.components'],
    ['combiners', { mine: 'deep' }, 'options.combiners'],
    ['subscribers', { mine: {} }, 'options.subscribers'],
    ['balancers', { mine: null }, 'options.balancers'],
    ['functions', { mine: 7 }, 'options.functions'],
  ])('%s: %o', (name, value, path) => {
    expect(Object.keys(issuesOf({ [name]: value }))).toEqual([path]);
  });

  test('all at once, unknown names included', () => {
    expect(issuesOf({ status: 'http', statuses: 'https', debug: 1, combiners: { mine: 1 } })).toEqual({
      'options.status': 'is not an option of createGateway',
      'options.statuses': 'must be "krakend" or "http"',
      'options.debug': 'must be true or false',
      'options.combiners': '"mine" must be a function',
    });
  });
});

describe('X04 a polluted Object.prototype', () => {
  const GADGETS = ['axios', 'transport', 'logger', 'debug', 'statuses', 'completedHeader', 'components', 'tap'];
  afterEach(() => {
    for (const name of GADGETS) delete (Object.prototype as unknown as Record<string, unknown>)[name];
  });

  test('has no say', () => {
    for (const name of GADGETS) {
      Object.defineProperty(Object.prototype, name, { value: 'polluted', configurable: true, enumerable: false });
    }
    const options = resolveOptions({});
    expect(options.statuses).toBe('krakend');
    expect(options.transport).toBeUndefined();
    expect(options.axios).toBeUndefined();
    expect(options.logger).toBe(silentLogger);
    expect(options.completedHeader).toBe('X-Krakend-Completed');
  });
});
