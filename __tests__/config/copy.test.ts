import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { copyConfig, freezeDeep } from '../../lib/config/copy.js';
import { createReport } from '../../lib/config/report.js';

function copy(value: unknown): { result: unknown; paths: string[] } {
  const report = createReport();
  const result = copyConfig(value, report);
  return { result, paths: report.issues.map(({ path }) => path) };
}

describe('copyConfig', () => {
  test('G04 plain data is copied, and nothing of it is shared or inherited', () => {
    const input = { a: [1, { b: 'x' }, null, true] as unknown[], constructor: { c: 1 } };
    const { result, paths } = copy(input);
    expect(paths).toEqual([]);
    expect(result).toEqual(input);
    input.a[1] = 'changed';
    expect((result as typeof input).a[1]).toEqual({ b: 'x' });
    expect(Object.getPrototypeOf(result)).toBeNull();
    expect(Object.getPrototypeOf((result as typeof input).constructor)).toBeNull();
  });

  test('G04 objects of another realm and without prototype are plain', () => {
    expect(copy(runInNewContext('({ a: [{ b: 1 }] })'))).toEqual({ result: { a: [{ b: 1 }] }, paths: [] });
    expect(copy(Object.assign(Object.create(null), { a: 1 }))).toEqual({ result: { a: 1 }, paths: [] });
  });

  test('a member that is undefined is not there', () => {
    expect(Object.keys(copy({ a: undefined, b: 1 }).result as object)).toEqual(['b']);
  });

  test('G04 getters are refused without being called', () => {
    let calls = 0;
    const input = {
      x: {
        get a() {
          calls += 1;
          return 1;
        },
        set b(_: number) {
          calls += 1;
        },
      },
    };
    expect(copy(input).paths).toEqual(['x.a', 'x.b']);
    expect(calls).toBe(0);
  });

  test('G04 getters inside arrays are refused', () => {
    const list = [1, 2];
    Object.defineProperty(list, 1, { get: () => 3, enumerable: true });
    expect(copy({ list }).paths).toEqual(['list[1]']);
  });

  test('G04 cycles are refused, repeated values are not', () => {
    const shared = { a: 1 };
    const cycle: Record<string, unknown> = { left: shared, right: shared };
    cycle['self'] = cycle;
    cycle['list'] = [[cycle]];
    expect(copy(cycle).paths).toEqual(['self', 'list[0][0]']);
  });

  test.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a bigint', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a regular expression', /x/],
    ['a boxed string', Object('x')],
    ['a promise', Promise.resolve()],
    ['an instance', new (class Config {})()],
    ['what inherits', Object.create({ a: 1 })],
  ])('G04 %s is refused', (_, value) => {
    expect(copy({ endpoints: [{ x: value }] }).paths).toEqual(['endpoints[0].x']);
  });

  test('G04 own __proto__ is refused at every depth, and pollutes nothing', () => {
    const { result, paths } = copy(JSON.parse('{"__proto__":{"p":1},"a":[{"__proto__":{"p":1}}]}'));
    expect(paths).toEqual(['__proto__', 'a[0].__proto__']);
    expect((result as { p?: unknown }).p).toBeUndefined();
    expect(({} as { p?: unknown }).p).toBeUndefined();
  });

  test('G04 symbols as keys are refused', () => {
    expect(copy({ a: { [Symbol('x')]: 1 } }).paths).toEqual(['a']);
  });

  test('G04 what is nested too deep is refused instead of overflowing the stack', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(copy({ deep }).paths).toHaveLength(1);
  });
});

describe('freezeDeep', () => {
  test('plain data is frozen at every depth', () => {
    const value = freezeDeep({ a: [{ b: {} }], c: Object.assign(Object.create(null), { d: [] }) });
    expect([value, value.a, value.a[0], value.a[0]!.b, value.c, value.c.d].every(Object.isFrozen)).toBe(true);
  });

  test('components and what they made of their configuration stay theirs', () => {
    const component = { state: {} };
    const config = { list: [] };
    const value = freezeDeep({ components: [{ component, config }] });
    expect([value.components, value.components[0]].every(Object.isFrozen)).toBe(true);
    expect([component, component.state, config, config.list].some(Object.isFrozen)).toBe(false);
  });

  test('instances and functions are left alone', () => {
    const value = { set: new Set(), run() {} };
    freezeDeep(value);
    expect([Object.isFrozen(value.set), Object.isFrozen(value.run)]).toEqual([false, false]);
  });
});
