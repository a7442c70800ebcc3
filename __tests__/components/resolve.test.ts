import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import {
  type CheckContext,
  type CheckPlace,
  type Component,
  defineComponent,
  type Scope,
} from '../../lib/components/component.js';
import { builtInComponents } from '../../lib/components/index.js';
import { componentsAt, createResolver } from '../../lib/components/resolve.js';
import { ConfigError, type ConfigIssue } from '../../lib/errors.js';
import { componentScope } from '../support/component-scope.js';

const stamp = defineComponent({
  namespace: 'example/stamp',
  aliases: ['github.com/example/stamp'],
  schema: z.strictObject({ header: z.string(), list: z.array(z.strictObject({ id: z.int() })).default([]) }),
  check: ({ header }: { header: string }) => (header === 'bad' ? [{ path: ['header'], message: 'is bad' }] : []),
  transport: () => (next) => next,
}) as Component;
const guard = defineComponent({
  namespace: 'example/guard',
  schema: z.unknown(),
  addsParams: (config: unknown, scope: Scope) => config === 'fill' && scope === 'endpoint',
  service: () => undefined,
  endpoint: () => undefined,
}) as Component;

function resolve(scope: Scope, namespace: string, value: unknown) {
  const issues: ConfigIssue[] = [];
  const warn = vi.fn();
  const { functions, stores, clients } = componentScope();
  const resolver = createResolver([stamp, guard], { functions, stores, clients }, warn);
  const resolved = resolver(scope, namespace, value, 'endpoints[0].extra_config.here', (issue) => issues.push(issue));
  return { resolved, issues, warnings: warn.mock.calls };
}

test('finds a component with its configuration, checked and filled in', () => {
  const { resolved, issues } = resolve('backend', 'example/stamp', { header: 'x' });
  expect(issues).toEqual([]);
  expect(resolved).toMatchObject({ component: stamp, config: { header: 'x', list: [] } });
});

test('asks a component whether it adds params here', () => {
  expect(resolve('endpoint', 'example/guard', 'fill').resolved).toMatchObject({ addsParams: true });
  expect(resolve('endpoint', 'example/guard', 'none').resolved).toMatchObject({ addsParams: false });
  expect(resolve('service', 'example/guard', 'fill').resolved).toMatchObject({ addsParams: false });
  expect(resolve('backend', 'example/stamp', { header: 'x' }).resolved).toMatchObject({ addsParams: false });
});

test('takes the long names with both spellings', () => {
  for (const name of ['github.com/example/stamp', 'github_com/example/stamp']) {
    expect(resolve('backend', name, { header: 'x' }).resolved?.component).toBe(stamp);
  }
});

describe('refuses', () => {
  test('G01 a level without a hook, and names those that have one', () => {
    expect(resolve('endpoint', 'example/stamp', { header: 'x' })).toMatchObject({
      resolved: undefined,
      issues: [
        {
          path: 'endpoints[0].extra_config.here',
          message: '"example/stamp" cannot stand at endpoint level; move it to backend level',
        },
      ],
    });
    expect(resolve('backend', 'example/guard', {}).issues[0]?.message).toContain(
      'move it to service or endpoint level',
    );
  });

  test('G01 a name nobody knows, with the nearest that is known', () => {
    expect(resolve('backend', 'example/stmp', {}).issues).toEqual([
      {
        path: 'endpoints[0].extra_config.here',
        message: '"example/stmp" is not a known namespace; did you mean "example/stamp"?',
      },
    ]);
    expect(resolve('backend', 'nothing/like-it-at-all', {}).issues[0]?.message).not.toContain('did you mean');
  });

  test('G01 a name of the Enterprise edition is told as what it is, and is no slip for another one', () => {
    const { functions, stores, clients } = componentScope();
    const builtIn = createResolver(builtInComponents, { functions, stores, clients }, vi.fn());
    function messageOf(namespace: string): string | undefined {
      const messages: string[] = [];
      builtIn('backend', namespace, {}, 'here', ({ message }) => messages.push(message));
      return messages[0];
    }
    for (const name of ['backend/conditional', 'backend/grpc', 'modifier/jmespath', 'auth/api-keys', 'workflow']) {
      expect(messageOf(name)).toMatch(/^"[^"]+" is a feature of KrakenD Enterprise and is not supported; [^?]+$/);
    }
    for (const name of [
      'github_com/devopsfaith/krakend-health',
      'proxy/forward_headers',
      'backend/fancy',
      'x/conditional',
    ]) {
      expect(messageOf(name)).toBe(`"${name}" is not a known namespace`);
    }
    expect(messageOf('qos/circuitbreaker')).toContain('did you mean "qos/circuit-breaker"?');
    expect(messageOf('secuirty/cors')).toContain('did you mean "security/cors"?');
    expect(messageOf('github_com/devopsfaith/krakend-htpcache')).toContain('krakend-httpcache"?');
  });

  test('G03 wrong values, all at once, each at its path', () => {
    const { resolved, issues } = resolve('backend', 'example/stamp', {
      header: 7,
      list: [{ id: 1 }, { id: 'x' }],
      hedaer: 1,
    });
    expect(resolved).toMatchObject({ component: stamp, config: undefined });
    expect(issues.map(({ path }) => path).sort()).toEqual([
      'endpoints[0].extra_config.here.header',
      'endpoints[0].extra_config.here.hedaer',
      'endpoints[0].extra_config.here.list[1].id',
    ]);
    expect(issues.find(({ path }) => path.endsWith('hedaer'))?.message).toContain('"header"');
  });

  test('G01 what the component itself finds wrong', () => {
    expect(resolve('backend', 'example/stamp', { header: 'bad' })).toMatchObject({
      issues: [{ path: 'endpoints[0].extra_config.here.header', message: 'is bad' }],
    });
  });

  test('G01 beside what its schema refuses, and what it finds at its place', () => {
    const picky = defineComponent({
      namespace: 'example/picky',
      schema: z.strictObject({ a: z.int().default(1), b: z.string().default('') }),
      check: ({ b }: { a: number; b: string }) => [
        { path: ['b'], message: `is "${b}"` },
        { path: [], message: 'is missed only because a was wrong' },
      ],
      checkAt: ({ a }: { a: number; b: string }, { endpoint, backend }: CheckPlace) => [
        { path: backend?.at ?? endpoint.at, message: `a is ${a}` },
      ],
      backend: () => undefined,
    }) as Component;
    const { functions, stores, clients } = componentScope();
    const issues: ConfigIssue[] = [];
    const resolver = createResolver([picky], { functions, stores, clients }, vi.fn());
    const found = resolver('backend', 'example/picky', { a: 'x', b: 'y', colour: 1 }, 'here', (issue) =>
      issues.push(issue),
    );
    expect(issues.map(({ path, message }) => `${path} ${message}`)).toEqual([
      'here.a must be a number, not "x".',
      'here.colour is not a known option here.',
      'here.b is "y"',
    ]);
    const { endpoint, backend } = componentScope();
    expect(found?.faultsAt?.(endpoint, backend)).toEqual([{ path: backend.at, message: 'a is 1' }]);
  });

  test('what a component advises is a warning at its path, and no fault', () => {
    const advisor = defineComponent({
      namespace: 'example/advisor',
      schema: z.strictObject({ list: z.array(z.string()) }),
      advise: ({ list }: { list: string[] }, { scope }: CheckContext) =>
        list.map((item, index) => ({ path: ['list', index], message: `${item} ${scope}` })),
      service: () => undefined,
    }) as Component;
    const { functions, stores, clients } = componentScope();
    const [warn, report] = [vi.fn(), vi.fn()];
    const resolver = createResolver([advisor], { functions, stores, clients }, warn);
    expect(resolver('service', 'example/advisor', { list: ['a', 'b'] }, 'here', report)).toBeDefined();
    expect(warn.mock.calls).toEqual([
      ['here.list[0]', 'a service'],
      ['here.list[1]', 'b service'],
    ]);
    expect(report).not.toHaveBeenCalled();
  });

  test('G01 protection that is not built: it must not vanish silently', () => {
    for (const name of ['auth/signer', 'security/policies', 'github_com/devopsfaith/krakend-jose/signer']) {
      const { issues, warnings } = resolve('service', name, {});
      expect(issues).toEqual([
        { path: 'endpoints[0].extra_config.here', message: expect.stringContaining('is not supported') },
      ]);
      expect(warnings).toEqual([]);
    }
  });

  test('X02 two components of one name, before anything is built', () => {
    const { functions, stores, clients } = componentScope();
    const twin = { ...guard, namespace: 'example/twin', aliases: ['github.com/example/stamp'] };
    expect(() => createResolver([stamp, twin], { functions, stores, clients }, vi.fn())).toThrow(ConfigError);
    expect(() => createResolver([stamp, twin], { functions, stores, clients }, vi.fn())).toThrow(
      '"github.com/example/stamp"',
    );
  });
});

test('warns of what belongs to the host app, and goes on', () => {
  const { resolved, issues, warnings } = resolve('service', 'telemetry/opentelemetry', { anything: true });
  expect(resolved).toBeUndefined();
  expect(issues).toEqual([]);
  expect(warnings).toEqual([['endpoints[0].extra_config.here', expect.stringContaining('options.logger')]]);
});

test('H06 names of members of Object.prototype are names nobody knows', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    expect(resolve('backend', name, {}).issues[0]?.message).toContain('is not a known namespace');
  }
});

test('tells of each component its place in the table, and gives it back as what it is', () => {
  const { resolved: first } = resolve('backend', 'example/stamp', { header: 'x' });
  const { resolved: second } = resolve('endpoint', 'example/guard', 'none');
  expect([first?.rank, second?.rank]).toEqual([0, 1]);
  const components = [first!, second!];
  expect(componentsAt({ components }).map(({ component }) => component.namespace)).toEqual([
    'example/stamp',
    'example/guard',
  ]);
});
