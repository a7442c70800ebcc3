import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { escapeText, formatValue, linePanel, picture, ticksTo } from './docs/chart.mjs';
import { plotsOf } from './docs/plots.mjs';
import { fillPage, tablesOf } from './docs/tables.mjs';
import { fitLine } from './fit.mjs';

const DOCS = new URL('../../docs/', import.meta.url);

function read(path) {
  return readFileSync(new URL(path, DOCS), 'utf8');
}

describe('what docs/benchmarks.md shows', () => {
  const results = JSON.parse(read('benchmarks/results.json'));

  test('tables are those of results.json', () => {
    const page = read('benchmarks.md');
    expect(fillPage(page, tablesOf(results))).toBe(page);
  });

  test('every table has a place', () => {
    const places = [...read('benchmarks.md').matchAll(/<!-- table: ([\w-]+) -->/g)].map(([, name]) => name);
    expect(places.toSorted()).toEqual(Object.keys(tablesOf(results)).toSorted());
  });

  test('pictures are those of results.json, and all are shown', () => {
    for (const [file, svg] of Object.entries(plotsOf(results))) {
      expect(read(`benchmarks/${file}`), file).toBe(svg);
      expect(svg, file).not.toMatch(/NaN|undefined|Infinity/);
      expect(read('benchmarks.md')).toContain(`](benchmarks/${file})`);
    }
  });

  test('a place for an unknown table is refused', () => {
    expect(() => fillPage('<!-- table: other -->\n<!-- end -->', {})).toThrow('other');
  });
});

describe('fitLine', () => {
  test('finds a line, and that nothing departs from it', () => {
    const { intercept, slope, r2, departure } = fitLine([1, 2, 4, 8].map((x) => ({ x, y: 3 + 2 * x })));
    expect(intercept).toBeCloseTo(3, 9);
    expect(slope).toBeCloseTo(2, 9);
    expect(r2).toBeCloseTo(1, 9);
    expect(departure).toBeCloseTo(0, 9);
  });

  test('tells a parabola from a line', () => {
    const { r2, departure } = fitLine([1, 2, 4, 8, 16].map((x) => ({ x, y: x ** 2 })));
    expect(r2).toBeLessThan(0.9);
    expect(departure).toBeGreaterThan(0.5);
  });

  test('takes a point off by a tenth for one off by a tenth, wherever it is', () => {
    const places = [1, 10, 100, 1000, 10_000];
    for (const off of places) {
      const { departure } = fitLine(places.map((x) => ({ x, y: (5 + x) * (x === off ? 1.1 : 1) })));
      expect(departure).toBeGreaterThan(0.02);
      expect(departure).toBeLessThan(0.1);
    }
  });
});

describe('charts', () => {
  test('ticks are round, and reach beyond the largest value', () => {
    expect(ticksTo(100)).toEqual([0, 25, 50, 75, 100]);
    expect(ticksTo(7)).toEqual([0, 2, 4, 6, 8]);
    expect(ticksTo(0.3)).toHaveLength(4);
  });

  test('values have the digits that are worth reading', () => {
    expect([0, 0.123, 12.34, 123.4, 12_345].map(formatValue)).toEqual(['0', '0.12', '12.3', '123', '12,345']);
  });

  test('names cannot become markup', () => {
    expect(escapeText('a < b & "c"')).toBe('a &lt; b &amp; &quot;c&quot;');
    const panel = linePanel('t', [{ name: '<b>', color: 0, points: [{ x: 1, y: 1 }] }], {
      x: 'x',
      formatX: String,
      formatY: String,
    });
    expect(picture('p', 300, [[panel]])).not.toContain('<b>');
  });
});
