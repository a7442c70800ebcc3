import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../lib/core/json-number.js';
import {
  attach,
  type Container,
  createDraft,
  enter,
  enterOrMake,
  finishDraft,
  get,
  has,
  labelsOf,
  make,
  remove,
} from '../../lib/manipulation/draft.js';
import { deepFreeze } from '../support/freeze.js';

const DATA = deepFreeze({
  a: { b: [1, { c: 2 }] },
  n: new JsonNumber('1.0'),
  text: 'ab',
  d: { e: 1 },
  none: null,
  empty: {},
  bare: [],
});

function entered(container: Container | undefined): Container {
  if (!container) throw new Error('nothing to enter');
  return container;
}

describe('a draft', () => {
  test('copies what is entered and shares the rest', () => {
    const draft = createDraft(DATA);
    const list = entered(enter(draft, entered(enter(draft, draft.root, 'a')), 'b'));
    attach(list, 'ignored', 3);
    const result = finishDraft(draft);
    expect(result).toEqual({ ...DATA, a: { b: [1, { c: 2 }, 3] } });
    expect(result?.['d']).toBe(DATA.d);
    const a = result?.['a'] as { b: unknown[] } | undefined;
    expect(a?.b[1]).toBe(DATA.a.b[1]);
    expect(DATA.a.b).toHaveLength(2);
  });

  test('enters nothing but objects and arrays', () => {
    const draft = createDraft(DATA);
    for (const label of ['n', 'text', 'none', 'missing', 'toString', 'constructor', '__proto__']) {
      expect(enter(draft, draft.root, label), label).toBeUndefined();
    }
  });

  test('enters a copy once', () => {
    const draft = createDraft(DATA);
    expect(enter(draft, draft.root, 'a')).toBe(enter(draft, draft.root, 'a'));
  });

  test('makes an object where there is none, in the place of a scalar too', () => {
    const draft = createDraft(DATA);
    for (const label of ['text', 'new']) attach(enterOrMake(draft, draft.root, label), 'x', 1);
    const list = entered(enter(draft, entered(enter(draft, draft.root, 'a')), 'b'));
    attach(make(draft, list, 0), 'y', 2);
    attach(make(draft, list, 7), 'z', 3);
    expect(finishDraft(draft)).toEqual({
      ...DATA,
      text: { x: 1 },
      new: { x: 1 },
      a: { b: [{ y: 2 }, { c: 2 }, { z: 3 }] },
    });
  });

  test('keeps indexes until the end, whatever is removed', () => {
    const draft = createDraft(deepFreeze({ list: ['x', 'y', 'z'] }));
    const list = entered(enter(draft, draft.root, 'list'));
    remove(list, '0');
    remove(list, 9);
    remove(list, '01');
    expect(labelsOf(list)).toEqual([1, 2]);
    expect(has(list, '0')).toBe(false);
    expect(get(list, '1')).toBe('y');
    attach(list, 0, 'new');
    expect(finishDraft(draft)).toEqual({ list: ['y', 'z', 'new'] });
  });

  test('has of an array nothing but its elements', () => {
    const draft = createDraft(deepFreeze({ list: ['x', 'y'] }));
    const list = entered(enter(draft, draft.root, 'list'));
    expect(has(list, '1')).toBe(true);
    for (const label of [2, '2', 'length', '01', '-1', '']) expect(has(list, label), String(label)).toBe(false);
  });

  test('forgets removed keys and takes them back', () => {
    const draft = createDraft(deepFreeze({ a: 1, b: 2 }));
    remove(draft.root, 'a');
    expect(labelsOf(draft.root)).toEqual(['b']);
    expect(has(draft.root, 'a')).toBe(false);
    expect(enter(draft, draft.root, 'a')).toBeUndefined();
    attach(draft.root, 'a', 3);
    expect(finishDraft(draft)).toEqual({ a: 3, b: 2 });
  });

  test('makes null of a container that lost everything, not of one that never had anything', () => {
    const draft = createDraft(DATA);
    for (const label of ['d', 'empty', 'bare']) {
      const container = entered(enter(draft, draft.root, label));
      for (const child of labelsOf(container)) remove(container, child);
    }
    expect(finishDraft(draft)).toEqual({ ...DATA, d: null });

    const all = createDraft(DATA);
    for (const label of labelsOf(all.root)) remove(all.root, label);
    expect(finishDraft(all)).toBeNull();
  });

  test('M04 never sets a prototype', () => {
    const draft = createDraft({ a: 1 });
    attach(draft.root, '__proto__', { polluted: 1 });
    make(draft, draft.root, '__proto__');
    attach(draft.root, 'constructor', 2);
    const result = finishDraft(draft) as object;
    expect(Object.keys(result)).toEqual(['a', 'constructor']);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });
});
