import type { IncomingMessage } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { type BackendScope, type Component, HOOKS, type ServiceScope } from '../../lib/components/component.js';
import { createResolver } from '../../lib/components/resolve.js';
import type { ConfigIssue } from '../../lib/errors.js';
import { BackendError } from '../../lib/errors.js';
import { isAdmittedAs } from '../../lib/proxy.js';
import { createMemoryExchange } from '../../lib/testing/memory-exchange.js';
import { backendRequest, headersOf, queryOf } from '../support/requests.js';
import { answerOf, backendAnswer } from '../support/transport.js';

export interface ComponentCase {
  readonly component: Component;
  /** A value under which ordinary requests and answers go through unchanged. */
  readonly valid: unknown;
  /** Values that are refused, beside the ones no component takes. */
  readonly invalid: readonly unknown[];
  /** What an ordinary request has to carry besides, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the hooks may ask for. */
  readonly scope: BackendScope & ServiceScope;
}

type Level = 'service' | 'endpoint' | 'backend';
const LEVELS: readonly Level[] = ['service', 'endpoint', 'backend'];

function hooksOf(component: Component, level: Level): readonly (keyof Component)[] {
  const hooks: readonly (keyof Component)[] = HOOKS[level];
  return hooks.filter((hook) => component[hook] !== undefined);
}

/** What every component owes to those who configure it and to the layers around it. */
export function describeComponent({ component, valid, invalid, headers = {}, scope }: ComponentCase): void {
  const { namespace, aliases = [] } = component;

  /** Reads a value as the configuration does. */
  function resolve(name: string, value: unknown, level: Level) {
    const issues: ConfigIssue[] = [];
    const { functions, stores, clients } = scope;
    const resolver = createResolver([component], { functions, stores, clients }, vi.fn());
    const resolved = resolver(level, name, value, 'extra_config.x', (issue) => issues.push(issue));
    return { resolved, issues };
  }
  const levels = LEVELS.filter((level) => hooksOf(component, level).length > 0);
  const config = () => resolve(namespace, valid, levels[0] as Level).resolved?.config;
  const request = backendRequest({
    method: 'GET',
    url: 'http://backend.test/a?p=1',
    params: Object.freeze({ id: '7' }),
    query: Object.freeze(queryOf('p=1')),
    headers: Object.freeze(headersOf({ 'x-a': '1' })),
    client: Object.freeze({
      ip: '203.0.113.9',
      headers: Object.freeze({ 'user-agent': 'browser/1', host: 'shop.test', ...headers }),
    }),
  });

  describe(`Component contract: ${namespace}`, () => {
    it('has a name of the 2.x kind, and long names as others', () => {
      expect(namespace).toMatch(/^[a-z0-9-]+(\/[a-z0-9-]+)+$/);
      for (const alias of aliases) expect(alias).toMatch(/^(github\.com\/)?[a-z0-9-]+(\/[a-z0-9-]+)+$/);
      expect(new Set([namespace, ...aliases]).size).toBe(1 + aliases.length);
    });

    it('can stand somewhere', () => {
      expect(levels.length).toBeGreaterThan(0);
    });

    it('is found under all its names, with both spellings of the long ones', () => {
      for (const name of [
        namespace,
        ...aliases,
        ...aliases.map((alias) => alias.replace('github.com', 'github_com')),
      ]) {
        for (const level of levels)
          expect(resolve(name, valid, level)).toMatchObject({ resolved: { component }, issues: [] });
      }
    });

    it('G01 is refused where it has no hook, and told where it has one', () => {
      for (const level of LEVELS.filter((other) => !levels.includes(other))) {
        const { resolved, issues } = resolve(namespace, valid, level);
        expect(resolved).toBeUndefined();
        expect(issues).toEqual([{ path: 'extra_config.x', message: expect.stringContaining(levels[0] as string) }]);
      }
    });

    it('G03 reports wrong values, each at its path', () => {
      for (const value of ['text', 7, true, ...invalid]) {
        const { issues } = resolve(namespace, value, levels[0] as Level);
        expect(issues.length, JSON.stringify(value)).toBeGreaterThan(0);
        for (const issue of issues) expect(issue.path).toMatch(/^extra_config\.x/);
      }
    });

    it('G01 refuses options it does not know, and takes comments', () => {
      if (typeof valid !== 'object' || valid === null || Array.isArray(valid)) return;
      const unknown = resolve(namespace, { ...valid, no_such_option: 1 }, levels[0] as Level);
      expect(unknown.issues).toMatchObject([{ path: 'extra_config.x.no_such_option' }]);
      expect(resolve(namespace, { ...valid, '@comment': 'why' }, levels[0] as Level).issues).toEqual([]);
    });

    it('makes layers that have names, for stack traces', () => {
      const next = async () => answerOf({});
      for (const hook of ['endpoint', 'client', 'backend'] as const) {
        const layer = component[hook]?.(config(), scope);
        if (!layer) continue;
        expect(layer.name).not.toBe('');
        expect(layer(next).name).not.toBe('');
      }
      const transport = component.transport?.(config(), scope);
      if (transport) expect(transport(async () => backendAnswer('')).name).not.toBe('');
    });

    it('lets an ordinary request and its answer through, and changes neither', async () => {
      const answer = Object.freeze(answerOf(Object.freeze({ a: 1 })));
      for (const hook of ['endpoint', 'client', 'backend'] as const) {
        const next = vi.fn(async () => answer);
        const layer = component[hook]?.(config(), scope);
        if (!layer) continue;
        expect(await layer(next)(Object.freeze(request))).toMatchObject({ data: { a: 1 }, isComplete: true });
        expect(next).toHaveBeenCalledTimes(1);
      }
    });

    it('hands failures on as they are', async () => {
      const failed = new BackendError('ERR_BACKEND_CONNECTION', 'refused');
      for (const hook of ['endpoint', 'client', 'backend'] as const) {
        const layer = component[hook]?.(config(), scope);
        if (layer) await expect(layer(() => Promise.reject(failed))(request)).rejects.toBe(failed);
      }
      const transport = component.replacesWire ? undefined : component.transport?.(config(), scope);
      if (transport) await expect(transport(() => Promise.reject(failed))(request)).rejects.toBe(failed);
    });

    it('lets an ordinary exchange on the wire through', async () => {
      const transport = component.replacesWire ? undefined : component.transport?.(config(), scope);
      if (!transport) return;
      const next = vi.fn(async () => backendAnswer({ a: 1 }));
      const { status, body } = await transport(next)(Object.freeze(request));
      expect({ status, body: body.toString() }).toEqual({ status: 200, body: '{"a":1}' });
      expect(next).toHaveBeenCalledTimes(1);
    });

    it('lets an ordinary request in, before its body is read', async () => {
      const admit = component.admit?.(config(), scope);
      if (!admit) return;
      expect(admit.name).not.toBe('');
      const { body: _, ...head } = request;
      const admitted = await admit(Object.freeze(head));
      expect(admitted).not.toBeInstanceOf(Error);
      const added = isAdmittedAs(admitted) ? admitted.headers : admitted;
      for (const [name, value] of Object.entries(added ?? {})) {
        expect([name, typeof value]).toEqual([name.toLowerCase(), 'string']);
      }
    });

    it('as a policy, answers no ordinary request, and names its headers in lower case', () => {
      const policy = component.policy?.(config(), scope);
      if (!policy) return;
      expect(policy.owns).toEqual(policy.owns.map((name) => name.toLowerCase()));
      const init = { url: '/', headers: { Host: 'shop.test', 'User-Agent': 'browser/1' } };
      const { request: message, response } = createMemoryExchange(init);
      expect(policy.apply(message as IncomingMessage, response)).toBe(false);
      expect(response.headersSent).toBe(false);
    });

    it('passes an ordinary client on at the door', () => {
      const handler = component.service?.(config(), scope);
      if (!handler) return;
      const { request: message, response } = createMemoryExchange({ url: '/', headers: { 'User-Agent': 'browser/1' } });
      const next = vi.fn();
      handler(message as IncomingMessage, response, next);
      expect(next.mock.calls).toEqual([[]]);
      expect(response.headersSent).toBe(false);
    });
  });
}
