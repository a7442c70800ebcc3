import { expect, test } from 'vitest';
import { findCycle, importsOf, withoutComments } from './source.js';

test('imports are found in all their forms, and resolved', () => {
  const text = `
import type { A } from '../a.js';
import b, {
  c,
} from './b.js';
import './c.js';
export { d } from '@scope/pkg/deep';
export type { E } from './e.js';
// import { no } from './no.js';
const f = () => import('peer/sub');
type G = typeof import('peer-type');
const h = requirePackage<G>('needed-late', 'A test');
`;
  expect(importsOf('lib/x/file.ts', text)).toEqual([
    { to: 'lib/a.ts', isType: true, isLazy: false },
    { to: 'lib/x/b.ts', isType: false, isLazy: false },
    { to: 'lib/x/c.ts', isType: false, isLazy: false },
    { to: '@scope/pkg', isType: false, isLazy: false },
    { to: 'lib/x/e.ts', isType: true, isLazy: false },
    { to: 'needed-late', isType: false, isLazy: false },
    { to: 'peer', isType: false, isLazy: true },
    { to: 'peer-type', isType: true, isLazy: true },
  ]);
});

test('comments go, strings that look like comments stay', () => {
  expect(withoutComments(`a /* b */ 'http://c' // d\n/** e */ f`)).toBe(`a   'http://c'  \n  f`);
});

test('a cycle is found and shown', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['b']],
  ]);
  expect(findCycle(graph)).toEqual(['b', 'd', 'b']);
  graph.set('d', ['c']);
  expect(findCycle(graph)).toBeUndefined();
});
