import { expect, test } from 'vitest';
import { idsIn } from './checklist.mjs';
import rows from './rows.json' with { type: 'json' };

test('every row has an id of its own, a priority and a promise', () => {
  expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
  for (const row of rows) {
    expect(row.id).toMatch(/^[A-Z]\d\d$/);
    expect([0, 1, 2]).toContain(row.priority);
    expect(row.promise).not.toBe('');
  }
});

test('ids are found where a title starts, several at once, and nowhere else', () => {
  const open = '(';
  expect(idsIn(`test${open}'U02 dots', f)`)).toEqual(['U02']);
  expect(idsIn(`test.each(cases)${open}\n  "T01, T02 both", f)`)).toEqual(['T01', 'T02']);
  expect(idsIn('{ "title": "M05 collisions" }')).toEqual(['M05']);
  expect(idsIn(`test${open}'see U02', f); f${open}'Z010 x')`)).toEqual([]);
});
