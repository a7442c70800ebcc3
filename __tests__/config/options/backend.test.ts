import { describe, expect, test } from 'vitest';
import { issuesOf, parseBackend, pathsOf, withBackends } from '../support/parse.js';

const place = 'endpoints[0].backend[0]';

describe('retry', () => {
  test('has defaults, and times in milliseconds', () => {
    expect(parseBackend({}).retry).toBeUndefined();
    expect(parseBackend({ retry: {} }).retry).toEqual({ attempts: 1, on: ['connection', 502, 503, 504], backoff: 50 });
    expect(parseBackend({ retry: { attempts: 3, on: ['timeout', 500], backoff: '0s' } }).retry).toEqual({
      attempts: 3,
      on: ['timeout', 500],
      backoff: 0,
    });
  });

  test.each([
    [{ attempts: 0 }, 'attempts'],
    [{ attempts: 6 }, 'attempts'],
    [{ on: [] }, 'on'],
    [{ on: ['conection'] }, 'on[0]'],
    [{ on: [503, 399] }, 'on[1]'],
    [{ on: [600] }, 'on[0]'],
    [{ on: [500.5] }, 'on[0]'],
    [{ on: ['503'] }, 'on[0]'],
    [{ on: 503 }, 'on'],
    [{ backoff: 50 }, 'backoff'],
    [{ backoff: '11s' }, 'backoff'],
    [{ backof: '1s' }, 'backof'],
  ])('G03 %j is refused', (retry, path) => {
    expect(pathsOf(withBackends([{ retry }]))).toEqual([`${place}.retry.${path}`]);
  });

  test('G01 a mistyped kind is told the nearest', () => {
    expect(issuesOf(withBackends([{ retry: { on: ['conection'] } }]))[0]?.message).toBe(
      'must be "connection", "timeout" or a status from 400 to 599, not "conection". Did you mean "connection"?',
    );
  });

  test('R01 is for methods that may be repeated', () => {
    for (const method of ['POST', 'PATCH'])
      expect(pathsOf(withBackends([{ method, retry: {} }]))).toEqual([`${place}.retry`]);
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])
      expect(pathsOf(withBackends([{ method, retry: {} }]))).toEqual([]);
  });
});

describe('ejection', () => {
  test('has defaults, and times in milliseconds', () => {
    expect(parseBackend({}).ejection).toBeUndefined();
    expect(parseBackend({ ejection: { '@why': 'flaky', minSamples: 5 } }).ejection).toEqual({
      failureRatio: 0.5,
      minSamples: 5,
      window: 10_000,
      duration: 30_000,
    });
  });

  test.each([
    [{ failure_ratio: 0 }, 'failure_ratio'],
    [{ failure_ratio: 1.1 }, 'failure_ratio'],
    [{ failure_ratio: Number.NaN }, 'failure_ratio'],
    [{ min_samples: 0 }, 'min_samples'],
    [{ window: '99ms' }, 'window'],
    [{ duration: '577h' }, 'duration'],
    [{ durations: '1s' }, 'durations'],
  ])('G03 %j is refused', (ejection, path) => {
    expect(pathsOf(withBackends([{ ejection }]))).toEqual([`${place}.ejection.${path}`]);
  });

  test('G01 typos are told the nearest', () => {
    expect(issuesOf(withBackends([{ ejection: { windw: '1s' } }]))[0]?.message).toContain('Did you mean "window"?');
    expect(issuesOf(withBackends([{ ejection: { failure_ratio: 0 } }]))[0]?.message).toBe(
      'must be more than 0, not 0.',
    );
  });
});

describe('output_headers', () => {
  test('are names, or names with a rule', () => {
    expect(
      parseBackend({ output_headers: ['X-Total', { name: 'Link', keep: 'append' }, { name: 'ETag' }] }).output_headers,
    ).toEqual([
      { name: 'x-total', keep: 'last' },
      { name: 'link', keep: 'append' },
      { name: 'etag', keep: 'last' },
    ]);
  });

  test.each([
    [['a b'], 'output_headers[0].name'],
    [[''], 'output_headers[0].name'],
    [[{}], 'output_headers[0].name'],
    [[{ name: 'a', keep: 'frist' }], 'output_headers[0].keep'],
    [[{ name: 'a', kep: 'first' }], 'output_headers[0].kep'],
    [['a', 7], 'output_headers[1]'],
    ['a', 'output_headers'],
  ])('G01 %j is refused', (output_headers, path) => {
    expect(pathsOf(withBackends([{ output_headers }]))).toEqual([`${place}.${path}`]);
  });
});
