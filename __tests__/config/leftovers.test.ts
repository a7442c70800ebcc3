import { describe, expect, test } from 'vitest';
import {
  issuesOf,
  parse,
  parseBackend,
  parseEndpoint,
  pathsOf,
  warningsOf,
  withBackends,
  withEndpoint,
} from './support/parse.js';

const move = [{ type: 'move', args: ['a', 'b'] }];
const del = [{ type: 'del', args: ['password'] }];
const place = 'endpoints[0].backend[0]';

describe('what shapes an answer, beside one that is passed through', () => {
  test.each<[object, string]>([
    [{ target: 'a' }, 'target'],
    [{ mapping: { a: 'b' } }, 'mapping'],
    [{ group: 'a' }, 'group'],
    [{ is_collection: true }, 'is_collection'],
    [{ extra_config: { proxy: { flatmap_filter: move } } }, 'extra_config.proxy.flatmap_filter'],
    [
      { extra_config: { 'backend/http': { return_error_code: true } } },
      'extra_config["backend/http"].return_error_code',
    ],
    [
      { extra_config: { 'backend/http': { return_error_details: 'x' } } },
      'extra_config["backend/http"].return_error_details',
    ],
  ])('%j of a backend does nothing, and a warning says so', (backend, path) => {
    const passed = withBackends([backend], { output_encoding: 'no-op' });
    const key = path.split('.').at(-1);
    expect(warningsOf(passed)).toEqual([
      {
        at: `${place}.${path}`,
        message: `"${key}" does nothing under output_encoding "no-op", which leaves the answer untouched; remove it.`,
      },
    ]);
    expect(warningsOf(withBackends([{ ...backend, encoding: 'no-op' }]))).toContainEqual({
      at: `${place}.${path}`,
      message: `"${key}" does nothing under encoding "no-op", which leaves the answer untouched; remove it.`,
    });
    expect(warningsOf(withBackends([backend]))).toEqual([]);
    const plain = parseBackend({}, { output_encoding: 'no-op' });
    expect(JSON.stringify(parse(passed).endpoints[0]?.backend[0])).toBe(JSON.stringify(plain));
  });

  test.each<[object, string]>([
    [{ sequential: true }, 'sequential'],
    [{ strategy: 'sequential' }, 'strategy'],
    [{ combiner: 'shallow' }, 'combiner'],
    [{ static: { data: {} } }, 'static'],
    [{ flatmap_filter: move }, 'flatmap_filter'],
    [{ sequential_propagated_params: ['resp0_a'] }, 'sequential_propagated_params'],
  ])('%j of the endpoint does nothing either', (proxy, key) => {
    const passed = { output_encoding: 'no-op', extra_config: { proxy } };
    expect(warningsOf(withEndpoint(passed))).toEqual([
      {
        at: `endpoints[0].extra_config.proxy.${key}`,
        message: `"${key}" does nothing under output_encoding "no-op", which leaves the answer untouched; remove it.`,
      },
    ]);
    expect(parseEndpoint(passed).proxy).toEqual(parseEndpoint({ output_encoding: 'no-op' }).proxy);
  });

  test('the place is named as its author wrote it', () => {
    const namespace = 'github.com/devopsfaith/krakend/http';
    const backend = { extra_config: { [namespace]: { returnErrorCode: true } } };
    expect(warningsOf(withBackends([backend], { output_encoding: 'no-op' })).map(({ at }) => at)).toEqual([
      `${place}.extra_config["${namespace}"].returnErrorCode`,
    ]);
  });

  test('empty options are none', () => {
    const backend = { target: '', allow: [], deny: [], mapping: {}, group: '', is_collection: false };
    const empty = {
      ...backend,
      extra_config: { proxy: { flatmap_filter: [] }, 'backend/http': { return_error_details: '' } },
    };
    expect(warningsOf(withBackends([empty], { output_encoding: 'no-op' }))).toEqual([]);
  });

  test.each<[object, string]>([
    [{ allow: ['a'] }, 'allow'],
    [{ deny: ['a'] }, 'deny'],
    [{ extra_config: { proxy: { flatmap_filter: [...move, ...del] } } }, 'extra_config.proxy.flatmap_filter'],
    [{ deny: ['a'], extra_config: { proxy: { flatmap_filter: move } } }, 'deny'],
  ])('G01 but %j hides data: it would show, so that is refused', (backend, path) => {
    const message = 'cannot hide anything under output_encoding "no-op", which leaves the answer untouched; remove it.';
    expect(issuesOf(withBackends([backend], { output_encoding: 'no-op' }))).toEqual([
      { path: `${place}.${path}`, message },
    ]);
    expect(pathsOf(withBackends([{ ...backend, encoding: 'no-op' }]))).toEqual([`${place}.${path}`]);
    expect(pathsOf(withBackends([backend]))).toEqual([]);
  });

  test('G01 as is a del of the endpoint', () => {
    const proxy = { flatmap_filter: del };
    expect(pathsOf(withEndpoint({ output_encoding: 'no-op', extra_config: { proxy } }))).toEqual([
      'endpoints[0].extra_config.proxy.flatmap_filter',
    ]);
  });
});

describe('sequential_propagated_params', () => {
  function propagate(names: readonly string[], proxy: object, backends: readonly object[] = [{}, {}]) {
    const input = withBackends(backends, {
      extra_config: { proxy: { ...proxy, sequential_propagated_params: names } },
    });
    return {
      kept: parse(input).endpoints[0]?.proxy.sequential_propagated_params,
      warned: warningsOf(input).map(({ at }) => at),
    };
  }
  const path = 'endpoints[0].extra_config.proxy.sequential_propagated_params';
  const shadow = { extra_config: { proxy: { shadow: true } } };

  test('name answers that other backends come after', () => {
    expect(propagate(['resp0', 'resp0_a.b'], { sequential: true })).toEqual({
      kept: ['resp0', 'resp0_a.b'],
      warned: [],
    });
  });

  test('do nothing elsewhere, and a warning says so', () => {
    expect(propagate(['resp0_a', 'resp1_a', 'resp7'], { sequential: true })).toEqual({
      kept: ['resp0_a'],
      warned: [`${path}[1]`, `${path}[2]`],
    });
    expect(propagate(['resp0_a'], {})).toEqual({ kept: [], warned: [`${path}[0]`] });
    expect(propagate(['resp0_a'], { sequential: true }, [{}])).toEqual({ kept: [], warned: [`${path}[0]`] });
    expect(propagate(['resp0_a'], { sequential: true }, [{}, shadow])).toEqual({ kept: [], warned: [`${path}[0]`] });
  });
});
