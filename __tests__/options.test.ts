import { Axios } from 'axios';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { builtInComponents } from '../lib/components/index.js';
import { ConfigError, type ConfigIssue } from '../lib/errors.js';
import { createGateway } from '../lib/gateway.js';
import { silentLogger } from '../lib/logger.js';
import { type GatewayOptions, resolveOptions } from '../lib/options.js';
import { createTestGateway } from '../lib/testing/index.js';

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

const OWN = { namespace: 'example/own', schema: z.unknown() };
/** One value of every kind; what an option takes is left out below. */
const KINDS: readonly [name: string, value: unknown][] = [
  ['null', null],
  ['true', true],
  ['a number', 5],
  ['NaN', Number.NaN],
  ['a bigint', 5n],
  ['a text', 'x y'],
  ['an empty text', ''],
  ['a symbol', Symbol('x')],
  ['an empty list', []],
  ['a list of numbers', [5]],
  ['a list of null', [null]],
  ['an empty object', {}],
  ['an object of null', { x: null }],
  ['an object of texts', { x: 'y' }],
  ['a Map', new Map([['x', () => {}]])],
  ['a promise', Promise.resolve({})],
  ['an object of a class', new URL('http://a')],
  ['a function', () => {}],
];
const LISTS = ['an empty list'];
const RECORDS = ['an empty object'];
/** The kinds that are right, or that name nothing wrong. */
const RIGHT: Record<keyof GatewayOptions, readonly string[]> = {
  axios: [],
  transport: ['a function'],
  encodings: LISTS,
  combiners: RECORDS,
  subscribers: RECORDS,
  balancers: RECORDS,
  components: LISTS,
  functions: RECORDS,
  stores: RECORDS,
  clients: RECORDS,
  logger: [],
  observe: ['an empty list', 'a function'],
  debug: ['true'],
  fallthrough: ['true'],
  trustedProxies: LISTS,
  statuses: [],
  errors: [],
  completedHeader: [],
  via: [],
};

describe.each(Object.entries(RIGHT))('G03 options.%s', (name, right) => {
  test.each(KINDS)('as %s', (kind, value) => {
    const paths = Object.keys(issuesOf({ [name]: value }));
    if (right.includes(kind)) expect(paths).toEqual([]);
    else {
      expect(paths).not.toEqual([]);
      for (const path of paths) expect(path).toMatch(new RegExp(`^options\\.${name}(\\[0\\])?$`));
    }
  });

  test('undefined is as not given', () => {
    expect(issuesOf({ [name]: undefined })).toEqual({});
  });
});

describe('G03 what is wrong is refused', () => {
  test.each<[string, unknown, string]>([
    ['logger', { error() {} }, 'options.logger'],
    ['completedHeader', 'X Completed', 'options.completedHeader'],
    ['completedHeader', 'X\r\nSet-Cookie: a=1', 'options.completedHeader'],
    ['completedHeader', 'Content-Length', 'options.completedHeader'],
    ['completedHeader', 'transfer-encoding', 'options.completedHeader'],
    ['via', true, 'options.via'],
    ['via', '', 'options.via'],
    ['via', 'my gateway', 'options.via'],
    ['via', 'gw\r\nX-A: 1', 'options.via'],
    ['statuses', 'https', 'options.statuses'],
    ['trustedProxies', '10.0.0.0/8', 'options.trustedProxies'],
    ['trustedProxies', ['10.0.0.0/8', 7], 'options.trustedProxies[1]'],
    ['trustedProxies', ['10.0.0.0/33'], 'options.trustedProxies[0]'],
    ['encodings', [{ name: 'x' }], 'options.encodings[0]'],
    ['components', [{}], 'options.components'],
    ['components', [{ namespace: 'x/y', schema: {} }], 'options.components'],
    ['components', [{ ...OWN, service: 7 }], 'options.components'],
    ['components', [{ ...OWN, addsParams: true }], 'options.components'],
    ['components', [{ ...OWN, checkAt: 7 }], 'options.components'],
    ['components', [{ ...OWN, policy: 7 }], 'options.components'],
    ['components', [{ ...OWN, advise: {} }], 'options.components'],
    ['components', [{ ...OWN, aliases: 'x/z' }], 'options.components'],
    ['observe', [{ ended: 7 }], 'options.observe'],
    ['observe', { started() {}, ended: 'x' }, 'options.observe'],
    ['combiners', { mine: 'deep' }, 'options.combiners'],
    ['stores', { mine: undefined }, 'options.stores'],
  ])('%s: %o', (name, value, path) => {
    expect(Object.keys(issuesOf({ [name]: value }))).toEqual([path]);
  });

  test.each([null, 5, 'x', [], () => {}, new Map()])('options that are no options: %o', (options) => {
    expect(Object.keys(issuesOf(options))).toEqual(['options']);
  });

  test('all at once, unknown names included', () => {
    expect(issuesOf({ status: 'http', statuses: 'https', debug: 1, combiners: { mine: 1 } })).toEqual({
      'options.status': 'is not an option of createGateway',
      'options.statuses': 'must be "krakend" or "http", not "https"',
      'options.debug': 'must be true or false, not 1',
      'options.combiners': '"mine" must be a function, not 1',
    });
  });

  test('the message does not hold what the value holds', () => {
    expect(
      JSON.stringify(issuesOf({ logger: { password: 'secret' }, axios: new URL('http://u:secret@a') })),
    ).not.toContain('secret');
  });

  test('G01 together with the faults of the configuration, and none that only follows from another', () => {
    const backend = { host: ['http://a'], url_pattern: '/{nothing}', combiner: 'x' };
    const extra_config = { 'modifier/js': { request: 'price' }, proxy: { combiner: 'mine' } };
    const config = { endpoints: [{ endpoint: '/x', extra_config, backend: [backend] }] };
    const options = { debug: 'yes', functions: { price: 5 }, combiners: { mine: null }, completedHeader: null };
    for (const create of [createGateway, createTestGateway] as ((config: object, options: object) => unknown)[]) {
      const given = create === createGateway ? options : { ...options, backends: {} };
      let issues: readonly ConfigIssue[] = [];
      try {
        create(config, given);
      } catch (error) {
        if (error instanceof ConfigError) issues = error.issues;
      }
      expect(issues.map(({ path }) => path)).toEqual([
        'options.debug',
        'options.functions',
        'options.combiners',
        'options.completedHeader',
        'endpoints[0].backend[0].combiner',
        'endpoints[0].backend[0].url_pattern',
      ]);
    }
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
