import { describe, expect, test } from 'vitest';
import {
  duplicates,
  isLimit,
  type Mutation,
  noData,
  soundConfig,
  typos,
  wrongItems,
  wrongTypes,
} from './support/mutations.js';
import { issuesOf, pathsOf, withBackends, withEndpoint } from './support/parse.js';

/** Mutations that are not refused, or not where the fault is. */
function misjudged(mutations: readonly Mutation[]): string[] {
  return mutations.flatMap(({ input, path, change }) => {
    const paths = pathsOf(input);
    const isRight = paths.includes(path) && paths.every((other) => other === path || other.startsWith(path));
    return isRight ? [] : `${path} ${change}: ${JSON.stringify(paths)}`;
  });
}

function byLevel(mutations: readonly Mutation[]): [string, Mutation[]][] {
  const groups = new Map<string, Mutation[]>();
  for (const mutation of mutations) groups.set(mutation.level, [...(groups.get(mutation.level) ?? []), mutation]);
  return [...groups];
}

test('what the mutations start from is sound', () => {
  expect(issuesOf(soundConfig())).toEqual([]);
});

describe.each(byLevel(wrongTypes()))('%s', (_, mutations) => {
  test('G01 every option with a wrong type is refused at its path', () => {
    expect(misjudged(mutations.filter((mutation) => !isLimit(mutation)))).toEqual([]);
  });

  test('G03 every number, size and duration with a bad value is refused at its path', () => {
    expect(misjudged(mutations.filter(isLimit))).toEqual([]);
  });
});

test('G03 each number, size and duration meets at least 12 bad values', () => {
  const counts = new Map<string, number>();
  for (const mutation of wrongTypes().filter(isLimit))
    counts.set(mutation.field, (counts.get(mutation.field) ?? 0) + 1);
  expect(counts.size).toBeGreaterThan(40);
  expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(12);
});

test('G01 every list with a wrong item is refused at the item', () => {
  const mutations = wrongItems();
  expect(mutations.length).toBeGreaterThan(40);
  expect(misjudged(mutations)).toEqual([]);
});

test('G01 every option with a typo in its name is refused, with the right name', () => {
  const mutations = typos();
  expect(mutations.length).toBeGreaterThan(100);
  expect(misjudged(mutations)).toEqual([]);
  const silent = mutations.filter(
    ({ input, path }) =>
      !issuesOf(input).some((issue) => issue.path === path && issue.message.includes('Did you mean')),
  );
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test('G01 every option given under two names is refused', () => {
  const mutations = duplicates();
  expect(mutations.length).toBeGreaterThan(80);
  const accepted = mutations.filter(
    ({ input }) => !issuesOf(input).some(({ message }) => message.includes('given twice')),
  );
  expect(accepted.map(({ path }) => path)).toEqual([]);
});

test('G04 every option with what is no JSON is refused at its path', () => {
  expect(misjudged(noData())).toEqual([]);
});

/** A generator of our own, so that a failure can be repeated. */
function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return function random(limit) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

test('G01 of two faults in different fields, both are reported', () => {
  const seed = 7;
  const random = createRandom(seed);
  const mutations = [...wrongTypes(), ...typos()];
  let pairs = 0;
  for (let turn = 0; turn < 600; turn += 1) {
    const one = mutations[random(mutations.length)]!;
    const other = mutations[random(mutations.length)]!;
    // A fault that replaces the place of the other one hides it.
    if (
      one.path.startsWith(other.path) ||
      other.path.startsWith(one.path) ||
      isInside(one, other) ||
      isInside(other, one)
    )
      continue;
    const input = soundConfig();
    one.apply(input);
    other.apply(input);
    const paths = pathsOf(input);
    pairs += 1;
    if (!paths.includes(one.path) || !paths.includes(other.path)) {
      throw new Error(
        `seed ${seed} turn ${turn}: ${one.path} ${one.change} and ${other.path} ${other.change} gave ${paths.join(' ')}`,
      );
    }
  }
  expect(pairs).toBeGreaterThan(400);
});

/** True when what one mutation sets up is inside, or beside in the same small object, what the other one sets. */
function isInside(one: Mutation, other: Mutation): boolean {
  return other.field.startsWith(one.field) || (one.level === other.level && one.level.includes(' '));
}

const NAMES = ['__proto__', 'constructor', 'prototype'];
const first = 'endpoints[0].backend[0]';

/** Conflicts and hostile names, each with the path of its fault. */
const CONFLICTS: readonly (readonly [change: string, input: object, path: string])[] = [
  ['no backends', withEndpoint({ backend: [] }), 'endpoints[0].backend'],
  ['no hosts', withEndpoint({}, { host: [] }), `${first}.host`],
  ['no-op with two backends', withBackends([{}, {}], { output_encoding: 'no-op' }), 'endpoints[0].backend'],
  [
    'no-op of the root with two backends',
    withBackends([{}, {}], {}, { output_encoding: 'no-op' }),
    'endpoints[0].backend',
  ],
  ['no-op with a deny', withBackends([{ deny: ['a'] }], { output_encoding: 'no-op' }), `${first}.deny`],
  ['unknown encoding', withBackends([{ encoding: 'jsn' }]), `${first}.encoding`],
  ['unknown output', withEndpoint({ output_encoding: 'jsn' }), 'endpoints[0].output_encoding'],
  ['unknown output of the root', withEndpoint({}, { output_encoding: 'jsn' }), 'endpoints[0].output_encoding'],
  ['unknown discovery', withBackends([{ sd: 'etc' }]), `${first}.sd`],
  ['unknown balancer', withBackends([{ balancer: 'x' }]), `${first}.balancer`],
  [
    'unknown combiner',
    withEndpoint({ extra_config: { proxy: { combiner: 'x' } } }),
    'endpoints[0].extra_config.proxy.combiner',
  ],
  ['unknown placeholder', withBackends([{ url_pattern: '/{x}' }]), `${first}.url_pattern`],
  [
    'answer without a sequence',
    withBackends([{}, { url_pattern: '/{resp0_a}' }]),
    'endpoints[0].backend[1].url_pattern',
  ],
  [
    'same route',
    { host: ['a'], endpoints: [1, 2].map((n) => ({ endpoint: `/{p${n}}`, backend: [{}] })) },
    'endpoints[1].endpoint',
  ],
  ['copies of a POST', withEndpoint({ method: 'POST', concurrent_calls: 2 }), `${first}.concurrent_calls`],
  ['retry of a POST', withBackends([{ method: 'POST', retry: {} }]), `${first}.retry`],
  [
    'required shadow',
    withBackends([{}, { required: true, extra_config: { proxy: { shadow: true } } }]),
    'endpoints[0].backend[1].required',
  ],
  ['shadows only', withBackends([{ extra_config: { proxy: { shadow: true } } }]), 'endpoints[0].backend'],
  ['host with a path', withBackends([{ host: ['http://a/b'] }]), `${first}.host[0]`],
  ['host with a path at the root', { host: ['http://a/b'] }, 'host[0]'],
  ['other host in the pattern', withBackends([{ url_pattern: '//evil' }]), `${first}.url_pattern`],
  ['absolute pattern', withBackends([{ url_pattern: 'http://evil/' }]), `${first}.url_pattern`],
  [
    'two steps of a move',
    withBackends([{ extra_config: { proxy: { flatmap_filter: [{ type: 'move', args: ['a'] }] } } }]),
    `${first}.extra_config.proxy.flatmap_filter[0].args`,
  ],
  ...(
    [
      ['append', ['a.*', 'b'], 0],
      ['append', ['a', 'b.*.c'], 1],
      ['append', ['a', 'a.b'], 1],
      ['append', ['a', 'a'], 1],
      ['move', ['a.*', 'b.*'], 0],
    ] as const
  ).map(([type, args, index]): [string, object, string] => [
    `${type} ${args.join(' to ')}, which can do nothing`,
    withBackends([
      {
        extra_config: {
          proxy: {
            flatmap_filter: [
              { type: 'del', args: ['x'] },
              { type, args },
            ],
          },
        },
      },
    ]),
    `${first}.extra_config.proxy.flatmap_filter[1].args[${index}]`,
  ]),
  ['route of the gateway', withEndpoint({ endpoint: '/x/__debug' }), 'endpoints[0].endpoint'],
  ['async agents', { async_agent: [{}] }, 'async_agent'],
  ...NAMES.flatMap((name): [string, object, string][] => [
    [`param ${name}`, withEndpoint({ endpoint: `/{${name}}` }), 'endpoints[0].endpoint'],
    [`group ${name}`, withBackends([{ group: name }]), `${first}.group`],
    [`target ${name}`, withBackends([{ target: `a.${name}` }]), `${first}.target`],
    [`allow ${name}`, withBackends([{ allow: ['a', `${name}.b`] }]), `${first}.allow[1]`],
    [`deny ${name}`, withBackends([{ deny: [name] }]), `${first}.deny[0]`],
    [`mapping to ${name}`, withBackends([{ mapping: { a: name } }]), `${first}.mapping.a`],
    [`mapping to ${name}.x`, withBackends([{ mapping: { a: `${name}.x` } }]), `${first}.mapping.a`],
    [
      `mapping from ${name}`,
      withBackends([{ mapping: JSON.parse(`{"${name}":"a"}`) as object }]),
      `${first}.mapping.${name}`,
    ],
    [
      `flatmap ${name}`,
      withBackends([{ extra_config: { proxy: { flatmap_filter: [{ type: 'del', args: [name] }] } } }]),
      `${first}.extra_config.proxy.flatmap_filter[0].args[0]`,
    ],
  ]),
  ...['a..b', '.a', 'a.', '.', 'a...b', `${'a.'.repeat(199)}a`].flatMap((path): [string, object, string][] => [
    [`target ${path.slice(0, 9)}`, withBackends([{ target: path }]), `${first}.target`],
    [`allow ${path.slice(0, 9)}`, withBackends([{ allow: [path] }]), `${first}.allow[0]`],
    [`deny ${path.slice(0, 9)}`, withBackends([{ deny: [path] }]), `${first}.deny[0]`],
  ]),
];

test.each(CONFLICTS)('G01 %s is refused at its path', (_, input, path) => {
  expect(pathsOf(input)).toEqual([path]);
});

test('G01 G03 the corpus is large enough to mean something', () => {
  const size = [wrongTypes(), wrongItems(), typos(), duplicates(), noData(), CONFLICTS].reduce(
    (sum, { length }) => sum + length,
    0,
  );
  expect(size).toBeGreaterThan(1_500);
});
