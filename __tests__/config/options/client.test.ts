import { describe, expect, test } from 'vitest';
import { parse, pathsOf } from '../support/parse.js';
import { clientShape, idleShape } from '../support/schemas.js';

test('both sets of options stand at the root, and do not overlap', () => {
  const names = [...Object.keys(clientShape), ...Object.keys(idleShape)];
  expect(new Set(names).size).toBe(names.length);
  expect(pathsOf(Object.fromEntries(names.map((name) => [name, Symbol(name)]))).sort()).toEqual(names.sort());
});

describe('connections', () => {
  test('G03 zero durations have a written meaning, zero counts only where KrakenD has one', () => {
    for (const key of [
      'idle_connection_timeout',
      'connection_rest',
      'dialer_timeout',
      'dialer_keep_alive',
      'dialer_fallback_delay',
      'response_header_timeout',
    ]) {
      expect([key, pathsOf({ [key]: '0s' })]).toEqual([key, []]);
      expect([key, pathsOf({ [key]: 0 })]).toEqual([key, []]);
    }
    expect(pathsOf({ max_idle_connections_per_host: 0, max_connections_per_host: 0 })).toEqual([
      'max_connections_per_host',
    ]);
  });

  test('T06 times that arm a timer are bounded', () => {
    for (const key of ['connection_rest', 'dialer_timeout', 'dialer_fallback_delay', 'response_header_timeout']) {
      expect(pathsOf({ [key]: '577h' })).toEqual([key]);
    }
  });

  test('S14 rest for 50 ms, or not at all', () => {
    expect(parse({}).client.connection_rest).toBe(50);
    expect(parse({ connection_rest: '0s' }).client.connection_rest).toBe(0);
  });

  test('are read as they stand', () => {
    expect(
      parse({ max_connections_per_host: 7, disable_keep_alives: true, idle_connection_timeout: '30s' }).client,
    ).toMatchObject({
      max_connections_per_host: 7,
      disable_keep_alives: true,
      idle_connection_timeout: 30_000,
    });
  });
});

describe('options of the server process', () => {
  test.each(Object.keys(idleShape))('G01 %s is accepted, but not with a wrong type', (key) => {
    const { examples } = idleShape[key as keyof typeof idleShape].meta() ?? {};
    const [example] = examples as unknown[];
    expect(pathsOf({ [key]: example })).toEqual([]);
    expect(pathsOf({ [key]: [[]] })).toEqual([key]);
    expect(pathsOf({ [key]: null })).toEqual([key]);
  });
});
