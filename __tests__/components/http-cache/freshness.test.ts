import CachePolicy from 'http-cache-semantics';
import { describe, expect, test } from 'vitest';
import {
  evaluate,
  mayServeStale,
  readDirectives,
  satisfies,
  varyOf,
} from '../../../lib/components/http-cache/freshness.js';
import { backendRequest, headersOf } from '../../support/requests.js';

type Lines = Record<string, string | string[]>;

function fresh(headers: Lines, request: Lines = {}, status = 200) {
  return evaluate(backendRequest({ headers: headersOf(request) }), status, headersOf(headers));
}

const DAY = 86_400;
const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const MINUTE_LATER = 'Sun, 06 Nov 1994 08:50:37 GMT';

describe('lifetime', () => {
  test.each<[Lines, number]>([
    [{ 'cache-control': 'max-age=60' }, 60],
    [{ 'cache-control': 'max-age=60, s-maxage=30' }, 30],
    [{ 'cache-control': 'max-age=60', expires: DATE }, 60],
    [{ expires: MINUTE_LATER, date: DATE }, 60],
    [{ 'cache-control': 'public', expires: MINUTE_LATER, date: DATE }, 60],
    [{ 'cache-control': 'max-age=60, must-revalidate' }, 60],
  ])('of %j is %d s', (headers, lifetime) => {
    expect(fresh(headers)?.lifetime).toBe(lifetime);
  });

  test.each<[string, Lines]>([
    ['K05 a day at most', { 'cache-control': 'max-age=31536000' }],
    ['K05 a day at most, whatever the digits', { 'cache-control': `max-age=${'9'.repeat(400)}` }],
    ['K05 a day at most by Expires', { expires: 'Tue, 19 Jan 2038 03:14:07 GMT', date: DATE }],
  ])('%s', (_title, headers) => {
    expect(fresh(headers)?.lifetime).toBe(DAY);
  });

  test.each<[string, Lines]>([
    ['nothing said', {}],
    ['K05 an exponent is no number of seconds', { 'cache-control': 'max-age=1e99' }],
    ['a negative one', { 'cache-control': 'max-age=-1' }],
    ['Expires 0', { expires: '0', date: DATE }],
    ['a year instead of a date', { expires: '3000', date: DATE }],
    ['Expires alone, long ago', { expires: DATE }],
    ['Expires in the past', { expires: DATE, date: MINUTE_LATER }],
    ['two different Expires', { expires: [DATE, MINUTE_LATER], date: DATE }],
    ['no-cache', { 'cache-control': 'max-age=60, no-cache' }],
    ['no-cache of one field', { 'cache-control': 'max-age=60, no-cache="x"' }],
    ['Pragma alone', { pragma: 'no-cache', expires: MINUTE_LATER, date: DATE }],
    ['already old', { 'cache-control': 'max-age=60', age: '60' }],
    ['already old by one of two Age lines', { 'cache-control': 'max-age=60', age: ['1', '61'] }],
  ])('%s: useless without a validator, to be asked about with one', (_title, headers) => {
    expect(fresh(headers)).toBeUndefined();
    const asked = fresh({ ...headers, etag: '"a"' });
    expect(asked && satisfies(asked, asked.initialAge, readDirectives({}))).toBe(false);
  });

  test('K02 a last-modified date alone does not make an answer fresh', () => {
    expect(fresh({ 'last-modified': DATE, date: MINUTE_LATER })?.lifetime).toBe(0);
  });
});

describe('what is not stored', () => {
  test.each<[string, Lines, number?]>([
    ['Set-Cookie', { 'cache-control': 'public, max-age=60', 'set-cookie': ['a=1'] }],
    ['no-store', { 'cache-control': 'max-age=60, no-store' }],
    ['no-store in capitals', { 'cache-control': 'max-age=60, No-Store' }],
    ['no-store with an empty value', { 'cache-control': 'max-age=60, no-store=' }],
    ['Vary: *', { 'cache-control': 'max-age=60', vary: '*' }],
    ['Vary: * among others', { 'cache-control': 'max-age=60', vary: ['accept', ' * '] }],
    ['a part', { 'cache-control': 'max-age=60', 'content-range': 'bytes 0-1/2' }],
    ['206', { 'cache-control': 'max-age=60' }, 206],
    ...[302, 304, 307, 400, 401, 404, 410, 429, 500, 501, 503].map((status): [string, Lines, number] => [
      String(status),
      { 'cache-control': 'public, max-age=60', etag: '"a"' },
      status,
    ]),
  ])('K02 %s', (_title, headers, status = 200) => {
    expect(fresh(headers, {}, status)).toBeUndefined();
  });

  test.each([
    'private',
    'Private',
    'private=',
    'private=" authorization"',
    'private, private="x"',
    'max-age=5, PRIVATE',
  ])('K01 %s', (spelling) => {
    for (const lines of [spelling, [spelling, 'max-age=60'], ['public, max-age=60', spelling]]) {
      expect(fresh({ 'cache-control': lines })).toBeUndefined();
    }
  });

  test.each(['authorization', 'cookie'])('K01 answers to requests with %s, unless they are meant for all', (name) => {
    const request = { [name]: 'secret' };
    for (const control of ['max-age=60', 'max-age=60, must-revalidate', 'max-age=60, immutable']) {
      expect(fresh({ 'cache-control': control }, request)).toBeUndefined();
    }
    expect(fresh({ 'cache-control': 'public, max-age=60' }, request)).toMatchObject({ lifetime: 60 });
    expect(fresh({ 'cache-control': 's-maxage=60' }, request)).toMatchObject({ lifetime: 60 });
  });
});

test('K01 answers to requests with a header about the user, unless they are meant for all', () => {
  const request = backendRequest({ headers: headersOf({ 'x-user': 'u7' }), personal: ['x-user'] });
  expect(evaluate(request, 200, headersOf({ 'cache-control': 'max-age=60' }))).toBeUndefined();
  expect(evaluate(request, 200, headersOf({ 'cache-control': 's-maxage=60' }))).toMatchObject({ lifetime: 60 });
  const narrowed = backendRequest({ headers: headersOf({}), personal: ['x-user'] });
  expect(evaluate(narrowed, 200, headersOf({ 'cache-control': 'max-age=60' }))).toMatchObject({ lifetime: 60 });
});

describe('directives of a request', () => {
  const minute = { lifetime: 60, initialAge: 0, staleIfError: 0, mayBeStale: true };

  test.each<[string | undefined, number, boolean]>([
    [undefined, 59, true],
    [undefined, 60, false],
    ['no-cache', 0, false],
    ['max-age=10', 10, true],
    ['max-age=10', 11, false],
    ['max-age=0', 1, false],
    ['min-fresh=20', 40, true],
    ['min-fresh=20', 41, false],
    ['max-stale', 5_000, true],
    ['max-stale=5', 65, true],
    ['max-stale=5', 66, false],
    ['max-stale=5, max-age=60', 63, false],
  ])('%s at the age of %d s: %j', (control, age, isEnough) => {
    const directives = readDirectives(headersOf(control === undefined ? {} : { 'cache-control': control }));
    expect(satisfies(minute, age, directives)).toBe(isEnough);
  });

  test('Pragma counts where there is no Cache-Control', () => {
    expect(readDirectives(headersOf({ pragma: 'no-cache' })).noCache).toBe(true);
    expect(readDirectives(headersOf({ pragma: 'no-cache', 'cache-control': 'max-age=5' })).noCache).toBe(false);
  });

  test('nobody gets a stale answer where the backend forbids it', () => {
    for (const control of ['max-age=60, must-revalidate', 'max-age=60, proxy-revalidate', 's-maxage=60']) {
      const freshness = fresh({ 'cache-control': control });
      expect(freshness && satisfies(freshness, 61, readDirectives(headersOf({ 'cache-control': 'max-stale' })))).toBe(
        false,
      );
    }
  });
});

describe('stale-if-error', () => {
  const none = readDirectives({});

  test('K02 only where somebody says so, and only so long', () => {
    const silent = fresh({ 'cache-control': 'max-age=60' });
    const saying = fresh({ 'cache-control': 'max-age=60, stale-if-error=30' });
    const asking = readDirectives(headersOf({ 'cache-control': 'stale-if-error=30' }));
    if (!silent || !saying) throw new Error('not stored');
    expect(mayServeStale(silent, 61, none)).toBe(false);
    expect(mayServeStale(silent, 61, asking)).toBe(true);
    expect(mayServeStale(silent, 90, asking)).toBe(false);
    expect(mayServeStale(saying, 89, none)).toBe(true);
    expect(mayServeStale(saying, 90, none)).toBe(false);
  });

  test('K02 never against must-revalidate or no-cache', () => {
    const wish = readDirectives(headersOf({ 'cache-control': 'stale-if-error=1000' }));
    for (const control of ['max-age=60, must-revalidate, stale-if-error=60', 'no-cache, stale-if-error=60']) {
      const freshness = fresh({ 'cache-control': control, etag: '"a"' });
      expect(freshness && mayServeStale(freshness, 61, wish)).toBe(false);
    }
    const saying = fresh({ 'cache-control': 'max-age=60, stale-if-error=30' });
    expect(saying && mayServeStale(saying, 61, readDirectives(headersOf({ 'cache-control': 'no-cache' })))).toBe(false);
  });
});

test('varyOf reads names in any case, once each', () => {
  expect(varyOf(headersOf({ vary: ['Accept, accept', 'ORIGIN ,'] }))).toEqual(['accept', 'origin']);
  expect(varyOf({})).toEqual([]);
});

describe('against http-cache-semantics', () => {
  const CONTROLS = ['', 'public', 'private', 'no-store', 'no-cache', 'max-age=60', 'max-age=0', 's-maxage=30'];
  const EXTRAS = ['', 'public', 's-maxage=0', 'max-age=90', 'must-revalidate', 'stale-if-error=10', 'proxy-revalidate'];
  const EXPIRES = [undefined, DATE, MINUTE_LATER];
  const AGES = [undefined, '0', '59', '100'];
  const REQUESTS = [{}, { authorization: 'a' }, { 'cache-control': 'no-store' }];

  /** Where we are stricter than the library: it lets these through. */
  function isOurDeparture(control: string, request: Lines): boolean {
    const allows = /public|s-maxage/.test(control);
    return 'authorization' in request && !allows;
  }

  test('what it forbids to store, we do not store; what both store has the same lifetime', () => {
    let stored = 0;
    for (const first of CONTROLS) {
      for (const second of EXTRAS) {
        for (const expires of EXPIRES) {
          for (const age of AGES) {
            for (const request of REQUESTS as Lines[]) {
              const control = [first, second].filter((text) => text !== '').join(', ');
              const headers: Record<string, string> = { date: DATE, etag: '"a"', 'cache-control': control };
              if (control === '') delete headers['cache-control'];
              if (expires !== undefined) headers['expires'] = expires;
              if (age !== undefined) headers['age'] = age;
              const policy = new CachePolicy(
                { method: 'GET', url: '/', headers: request as Record<string, string> },
                { status: 200, headers },
                { shared: true, cacheHeuristic: 0 },
              );
              const ours = readDirectives(headersOf(request)).noStore ? undefined : fresh(headers, request);
              const theirs = policy.storable() && !isOurDeparture(control, request);
              const detail = JSON.stringify({ headers, request });
              // max-age twice: the library takes the last, we the shortest; proxy-revalidate: it never takes for fresh.
              const isDifferent = /max-age.*[^-]max-age|proxy-revalidate/.test(control);
              expect(ours !== undefined, detail).toBe(theirs);
              if (ours && !isDifferent) {
                expect(ours.lifetime, detail).toBe(policy.maxAge());
                expect(ours.initialAge, detail).toBe(Number(age ?? 0));
                stored++;
              }
            }
          }
        }
      }
    }
    expect(stored).toBeGreaterThan(300);
  });

  test('why it is not used itself: these are stored by it, or never used', () => {
    const request = { method: 'GET', url: '/', headers: {} };
    for (const control of ['Private, max-age=60', 'private=, max-age=60', 'NO-STORE, max-age=60']) {
      expect(new CachePolicy(request, { status: 200, headers: { 'cache-control': control } }).storable()).toBe(true);
      expect(fresh({ 'cache-control': control })).toBeUndefined();
    }
    const guarded = { status: 200, headers: { 'cache-control': 'max-age=60, must-revalidate' } };
    expect(new CachePolicy(request, guarded).satisfiesWithoutRevalidation(request)).toBe(false);
  });
});
