import { expect, test } from 'vitest';
import { createReport } from '../../lib/config/report.js';

test('issues stand under the names the author wrote', () => {
  const report = createReport();
  report.spell(['endpoints', 0, 'input_headers'], 'headers_to_pass');
  report.spell(['endpoints', 0, 'extra_config', 'proxy'], 'github.com/devopsfaith/krakend/proxy');
  report.add(['endpoints', 0, 'input_headers', 2], 'is wrong.');
  report.add(['endpoints', 1, 'input_headers'], 'is wrong.');
  expect(report.issues.map(({ path }) => path)).toEqual([
    'endpoints[0].headers_to_pass[2]',
    'endpoints[1].input_headers',
  ]);
  expect(report.text(['endpoints', 0, 'extra_config', 'proxy', 'static'])).toBe(
    'endpoints[0].extra_config["github.com/devopsfaith/krakend/proxy"].static',
  );
});

test('a fault taints what contains it and what it contains, and nothing beside', () => {
  const report = createReport();
  report.add(['endpoints', 1, 'backend'], 'is wrong.');
  expect(report.isFaulty(['endpoints', 1, 'backend'])).toBe(true);
  expect(report.isFaulty(['endpoints', 1, 'backend', 0, 'host'])).toBe(true);
  expect(report.isFaulty(['endpoints', 1])).toBe(true);
  expect(report.isFaulty(['endpoints', 1, 'backends'])).toBe(false);
  expect(report.isFaulty(['endpoints', 10])).toBe(false);
  expect(report.isFaulty(['endpoints', 1, 'endpoint'])).toBe(false);
});

test('a fault of the root taints everything', () => {
  const report = createReport();
  expect(report.isFaulty(['host'])).toBe(false);
  report.add([], 'must be an object.');
  expect(report.isFaulty(['host', 0])).toBe(true);
});

test('issues of components are taken as they are', () => {
  const report = createReport();
  report.take({ path: 'somewhere', message: 'is wrong.' });
  expect(report.issues).toEqual([{ path: 'somewhere', message: 'is wrong.' }]);
});
