import { describe, expect, test } from 'vitest';
import type { Vocabulary } from '../../lib/config/parse.js';
import { issuesOf, pathsOf, withBackends } from './support/parse.js';

const sequential = { extra_config: { proxy: { sequential: true } } };
const shadow = { extra_config: { proxy: { shadow: true } } };

function patterns(urls: readonly string[], endpoint: object = {}): object {
  return withBackends(
    urls.map((url_pattern) => ({ url_pattern })),
    endpoint,
  );
}

function at(index: number): string {
  return `endpoints[0].backend[${index}].url_pattern`;
}

describe('placeholders', () => {
  test('params of the path can be used everywhere, and need not be', () => {
    const endpoint = { endpoint: '/a/{id}/{unused}/*' };
    expect(issuesOf(patterns(['/x/{id}?by={id}', '/x/*', '/y'], endpoint))).toEqual([]);
  });

  test('a claim needs a component that adds it', () => {
    const urls = ['/x?u={JWT.sub}', '/{JWT.realm.role}/x', '/y'];
    expect(issuesOf(patterns(urls))).toEqual([
      {
        path: at(0),
        message: expect.stringContaining('{JWT.sub}, but nothing fills it; give the endpoint an "auth/validator"'),
      },
      { path: at(1), message: expect.stringContaining('add "JWT.realm.role" to the params') },
    ]);
    const resolve: Vocabulary['resolve'] = (_scope, _namespace, config) => ({
      component: {},
      config,
      rank: 0,
      addsParams: true,
    });
    expect(issuesOf(patterns(urls, { extra_config: { 'modifier/js': {} } }), { resolve })).toEqual([]);
  });

  test.each([
    ['/{id2}', 'has the unknown placeholder {id2}. The endpoint has {id}, {name}. Did you mean "id"?'],
    ['/{ID}', 'has the unknown placeholder {ID}. The endpoint has {id}, {name}. Did you mean "id"?'],
    ['/{x}?y={colour}', 'has the unknown placeholder {x}. The endpoint has {id}, {name}.'],
    ['/{JWT}', 'has the unknown placeholder {JWT}. The endpoint has {id}, {name}.'],
    ['/{JWT.}', 'has the unknown placeholder {JWT.}. The endpoint has {id}, {name}.'],
    ['/{jwt.sub}', 'has the unknown placeholder {jwt.sub}. The endpoint has {id}, {name}.'],
    ['/{resp_a}', 'has the unknown placeholder {resp_a}. The endpoint has {id}, {name}.'],
    ['/{resp0_}', 'has the unknown placeholder {resp0_}. The endpoint has {id}, {name}.'],
    ['/x/*', 'ends in "/*", but the endpoint does not, so there is nothing to put there.'],
  ])('G01 %s is refused', (pattern, message) => {
    const issues = issuesOf(patterns([pattern], { endpoint: '/a/{id}/{name}' }));
    expect(issues[0]).toEqual({ path: at(0), message });
  });

  test('G01 each unknown one is reported', () => {
    expect(pathsOf(patterns(['/{x}/{y}', '/{z}']))).toEqual([at(0), at(0), at(1)]);
    expect(issuesOf(patterns(['/{x}']))[0]?.message).toBe(
      'has the unknown placeholder {x}. The endpoint has no params.',
    );
  });

  test('answers of earlier backends, in a sequential endpoint', () => {
    expect(issuesOf(patterns(['/a', '/{resp0_a}', '/{resp0_a.b}/{resp1_c}'], sequential))).toEqual([]);
    expect(issuesOf(patterns(['/a', '/{resp0_a}'], { extra_config: { proxy: { strategy: 'sequential' } } }))).toEqual(
      [],
    );
  });

  test.each([
    [['/{resp0_a}', '/b'], 0],
    [['/a', '/{resp1_a}'], 1],
    [['/a', '/{resp2_a}', '/c'], 1],
    [['/a', '/{resp10_a}'], 1],
    [['/a', '/b', '/{resp2_a}'], 2],
  ])('G01 %j: only earlier answers are there', (urls, index) => {
    const issues = issuesOf(patterns(urls, sequential));
    expect(issues.map(({ path }) => path)).toEqual([at(index)]);
    expect(issues[0]?.message).toContain('earlier');
  });

  test('G01 the first backend has no earlier answer, whatever the endpoint says', () => {
    for (const endpoint of [{}, sequential]) {
      expect(issuesOf(patterns(['/{resp0_a}'], endpoint)).map(({ message }) => message)).toEqual([
        'uses {resp0_a}, but a single backend has no earlier answer to take it from.',
      ]);
      expect(issuesOf(patterns(['/{resp0_a}', '/b'], endpoint)).map(({ message }) => message)).toEqual([
        'uses {resp0_a}, but the first backend has no earlier answer to take it from.',
      ]);
    }
    const told = [
      ['/a', '/{resp1_a}'],
      ['/a', '/b', '/{resp2_a}'],
    ].map((urls) => issuesOf(patterns(urls, sequential))[0]);
    expect(told.map((issue) => issue?.message)).toEqual([
      'uses {resp1_a}, but only answers of earlier backends are there: resp0.',
      'uses {resp2_a}, but only answers of earlier backends are there: resp0 to resp1.',
    ]);
  });

  test('G01 answers need a sequential endpoint', () => {
    expect(issuesOf(patterns(['/a', '/{resp0_a}']))[0]?.message).toContain('"sequential": true');
    expect(
      pathsOf(patterns(['/a', '/{resp0_a}'], { extra_config: { proxy: { strategy: 'parallel', sequential: true } } })),
    ).toEqual([at(1)]);
  });

  test('G01 shadow backends are not counted, and see no answers', () => {
    const endpoint = { ...sequential };
    expect(pathsOf(withBackends([shadow, {}, { url_pattern: '/{resp0_a}' }], endpoint))).toEqual([]);
    expect(pathsOf(withBackends([shadow, {}, { url_pattern: '/{resp1_a}' }], endpoint))).toEqual([at(2)]);
    expect(pathsOf(withBackends([{}, { ...shadow, url_pattern: '/{resp0_a}' }], endpoint))).toEqual([at(1)]);
  });
});

test('U09 names of prototypes are unknown placeholders', () => {
  expect(pathsOf(patterns(['/{constructor}/{toString}/{__proto__}']))).toEqual([at(0), at(0), at(0)]);
});
