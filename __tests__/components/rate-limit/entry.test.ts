import { describe, expect, test } from 'vitest';
import { entrySchema, openGate, strategyOf } from '../../../lib/components/rate-limit/entry.js';
import { readValue } from '../../../lib/config/read-value.js';
import { createReport } from '../../../lib/config/report.js';
import { componentScope } from '../../support/component-scope.js';

function read(value: object) {
  const report = createReport();
  return { config: readValue(entrySchema, value, [], report), issues: report.issues };
}

function issuesOf(value: object): unknown {
  return read(value).issues;
}

test('what KrakenD 2 writes is taken', () => {
  const value = {
    max_rate: 50,
    capacity: 100,
    client_max_rate: 0.5,
    client_capacity: 5,
    strategy: 'IP',
    key: 'X-Real-IP',
    every: '1m',
    num_shards: 2_048,
    cleanup_period: '60s',
    cleanup_threads: 1,
  };
  expect(read(value)).toMatchObject({
    config: { max_rate: 50, strategy: 'ip', every: 60_000, ipv6_prefix: 64, max_keys: 100_000 },
  });
});

test('so is what KrakenD 1.3 writes', () => {
  const value = { maxRate: 50, clientMaxRate: 5, strategy: 'header', key: 'X-Token', '@c': 'comment' };
  expect(read(value)).toMatchObject({ config: { max_rate: 50, client_max_rate: 5 } });
});

describe('L04 a limit that would be none is refused', () => {
  test.each([
    ['no rate', {}, 'max_rate'],
    ['no strategy', { client_max_rate: 1 }, 'strategy'],
    ['an unknown strategy', { client_max_rate: 1, strategy: 'cookie' }, 'strategy'],
    ['an unknown strategy that is not used', { max_rate: 1, strategy: 'cookie' }, 'strategy'],
    ['no header', { client_max_rate: 1, strategy: 'header' }, 'key'],
    ['no name of a header', { client_max_rate: 1, strategy: 'header', key: 'X Token' }, 'key'],
    ['no param', { client_max_rate: 1, strategy: 'param' }, 'key'],
    ['a text for a rate', { max_rate: '10' }, 'max_rate'],
    ['a negative rate', { max_rate: -1 }, 'max_rate'],
    ['a capacity that is no whole number', { max_rate: 1, capacity: 1.5 }, 'capacity'],
    ['an unknown unit', { max_rate: 1, every: '1 minute' }, 'every'],
    ['a prefix that no address has', { max_rate: 1, ipv6_prefix: 129 }, 'ipv6_prefix'],
    ['a misspelt option', { max_rate: 1, client_maxrate: 1 }, 'client_maxrate'],
  ])('%s', (_what, value, path) => {
    expect(issuesOf(value)).toEqual([{ path, message: expect.any(String) }]);
  });
});

test('a limit of 0 is none, on purpose, and needs no strategy', () => {
  expect(issuesOf({ max_rate: 0, client_max_rate: 0 })).toEqual([]);
});

test('a limit of 0 opens no gate, which would only cost time', () => {
  const settings = entrySchema.parse({ max_rate: 0, client_max_rate: 0 });
  expect(openGate('GET /x', settings, 'x', componentScope())).toBeUndefined();
});

test('the strategy matters where clients have a limit', () => {
  const settings = entrySchema.parse({ max_rate: 1, strategy: 'param', key: 'x' });
  expect(strategyOf(settings)).toBeUndefined();
  expect(strategyOf({ ...settings, client_max_rate: 1 })).toBe('param');
});
