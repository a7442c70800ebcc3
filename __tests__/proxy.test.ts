import { expect, test } from 'vitest';
import { compose, NO_HEADERS } from '../lib/proxy.js';

test('compose puts the first layer outermost', async () => {
  const order: string[] = [];
  const layer = (name: string) => (next: () => string) =>
    function run() {
      order.push(`${name} in`);
      const result = next();
      order.push(`${name} out`);
      return `${name}(${result})`;
    };
  expect(compose([layer('a'), layer('b'), layer('c')], () => 'x')()).toBe('a(b(c(x)))');
  expect(order).toEqual(['a in', 'b in', 'c in', 'c out', 'b out', 'a out']);
});

test('compose without layers is what is inside', () => {
  const innermost = () => 'x';
  expect(compose([], innermost)).toBe(innermost);
});

test('compose leaves out what is no layer', () => {
  const layer = (next: () => string) => () => `a(${next()})`;
  expect(compose([undefined, layer, false], () => 'x')()).toBe('a(x)');
});

test('compose builds each layer once', () => {
  let built = 0;
  const layer = (next: () => void) => {
    built++;
    return next;
  };
  const composed = compose([layer, layer], () => {});
  composed();
  composed();
  expect(built).toBe(2);
});

test('no headers stay none, whoever tries', () => {
  expect(Object.getPrototypeOf(NO_HEADERS)).toBeNull();
  expect(() => Object.assign(NO_HEADERS, { a: '1' })).toThrow(TypeError);
});
