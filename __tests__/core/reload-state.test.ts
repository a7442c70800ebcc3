import { expect, test, vi } from 'vitest';
import { createKeep, createKeepToken } from '../../lib/core/reload-state.js';

test('makes a state once, and finds it again by its key', () => {
  const { keep } = createKeep();
  const create = vi.fn(() => ({}));
  expect(keep('a', create)).toBe(keep('a', create));
  expect(keep('b', create)).not.toBe(keep('a', create));
  expect(create).toHaveBeenCalledTimes(2);
});

test('finds what came before, and lets go of what nobody asks for', () => {
  const first = createKeep();
  const a = first.keep('a', () => ({}));
  first.keep('b', () => ({}));
  const second = createKeep(first.kept);
  expect(second.keep('a', () => ({}))).toBe(a);
  expect([...second.kept.keys()]).toEqual(['a']);
  expect([...first.kept.keys()]).toEqual(['a', 'b']);
});

test('lets go of everything when another configuration has taken its place', () => {
  const first = createKeep();
  const a = first.keep('a', () => ({}));
  const second = createKeep(first.kept);
  expect(second.keep('a', () => ({}))).toBe(a);
  first.release();
  expect(first.kept.size).toBe(0);
  expect(second.kept.get('a')).toBe(a);
});

test('finds the states of one kind, whatever else is kept', () => {
  const token = createKeepToken<{ readonly name: string }>('kind');
  const { keep, kept } = createKeep();
  const one = token.keep(keep, 'one', () => ({ name: 'one' }));
  const two = token.keep(keep, 'two', () => ({ name: 'two' }));
  createKeepToken<object>('kin').keep(keep, 'd: one', () => ({}));
  keep('one', () => ({}));
  expect(token.keep(keep, 'one', () => ({ name: 'another' }))).toBe(one);
  expect(token.of(kept)).toEqual([one, two]);
  expect(token.of(new Map())).toEqual([]);
});
