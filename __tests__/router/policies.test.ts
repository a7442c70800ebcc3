import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Policy } from '../../lib/proxy.js';
import type { EndpointHandler } from '../../lib/router/handler.js';
import { type Answerer, createPolicyCheck } from '../../lib/router/policies.js';
import { fakeRequest } from './wire.js';

const response = {} as ServerResponse;
const endpoint: EndpointHandler = () => {};
const bare: EndpointHandler = () => {};

/** Notes what is asked, and answers where its name says so. */
function policy(name: string, calls: string[], options: Partial<Policy> & { hasPreflight?: boolean } = {}): Policy {
  const { hasPreflight = false, ...rest } = options;
  const note = (what: string) => () => {
    calls.push(what);
    return name === 'answers';
  };
  return { owns: [], apply: note(name), ...(hasPreflight && { preflight: note(`${name} preflight`) }), ...rest };
}

function check(answerers: Record<string, Answerer>, method: string, asked?: string) {
  const calls: string[] = [];
  const shared = [policy('shared', calls, { hasPreflight: true, coversBuiltIns: true }), policy('plain', calls)];
  const own = [policy('own', calls, { hasPreflight: true })];
  const apply = createPolicyCheck(
    {
      shared,
      endpoints: new Map([
        [endpoint, own],
        [bare, []],
      ]),
    },
    (name) => answerers[name] ?? 'app',
  );
  const lines: [string, string][] = asked === undefined ? [] : [['Access-Control-Request-Method', asked]];
  const isAnswered = apply?.(fakeRequest('/x', lines, method), response, '/x', true);
  return { isAnswered, calls };
}

describe('the policies of a request are', () => {
  test.each<[string, Answerer, string[]]>([
    ['those of its endpoint', endpoint, ['own']],
    ['none where its endpoint has none', bare, []],
    ['the shared ones where the gateway answers', 'gateway', ['shared', 'plain']],
    ['those that cover them for its own routes', 'built-in', ['shared']],
    ['none where the app answers', 'app', []],
  ])('%s', (_title, answerer, calls) => {
    expect(check({ GET: answerer }, 'GET')).toEqual({ isAnswered: false, calls });
  });
});

describe('a preflight', () => {
  test('belongs to the request it asks for, and then is an OPTIONS like any other', () => {
    expect(check({ GET: endpoint, OPTIONS: 'app' }, 'OPTIONS', 'GET').calls).toEqual(['own preflight']);
    expect(check({ GET: endpoint, OPTIONS: 'gateway' }, 'OPTIONS', 'GET').calls).toEqual([
      'own preflight',
      'shared',
      'plain',
    ]);
  });

  test('belongs to the gateway where the app has that request, and the gateway the OPTIONS', () => {
    expect(check({ OPTIONS: 'gateway' }, 'OPTIONS', 'GET').calls).toEqual(['shared preflight', 'shared', 'plain']);
    expect(check({}, 'OPTIONS', 'GET').calls).toEqual([]);
  });

  test('is one only as OPTIONS, and with a method', () => {
    expect(check({ GET: endpoint, POST: endpoint }, 'GET', 'POST').calls).toEqual(['own']);
    expect(check({ GET: endpoint, OPTIONS: 'gateway' }, 'OPTIONS', '').calls).toEqual(['shared', 'plain']);
  });
});

test('the first that answers is the last that is asked', () => {
  const calls: string[] = [];
  const shared = [policy('first', calls), policy('answers', calls), policy('last', calls)];
  const apply = createPolicyCheck({ shared, endpoints: new Map() }, () => 'gateway');
  expect(apply?.(fakeRequest('/x'), response, '/x', false)).toBe(true);
  expect(calls).toEqual(['first', 'answers']);
});

test('without policies nothing is asked', () => {
  const endpoints = new Map([[endpoint, []]]);
  expect(createPolicyCheck({ shared: [], endpoints }, () => 'gateway')).toBeUndefined();
});
