import type { BackendRequest, Headers } from '../../proxy.js';
import { type Directives, listOf, parseDirectives, seconds } from './directives.js';

/** For how long an answer may be used, by RFC 9111 as a cache shared by many users reads it. Times in seconds. */
export interface Freshness {
  /** Counted from where the answer was made, at most a day. */
  readonly lifetime: number;
  /** How old it was when it came. */
  readonly initialAge: number;
  /** How long past its lifetime it may take the place of an error; 0: only where a request says so. */
  readonly staleIfError: number;
  /** False where it must not be used past its lifetime without asking, whatever a request says. */
  readonly mayBeStale: boolean;
}

/** What a request wants of a cache; none of it without `Cache-Control` or `Pragma` among its `input_headers`. */
export interface RequestDirectives {
  readonly noStore: boolean;
  readonly noCache: boolean;
  readonly onlyIfCached: boolean;
  /** Seconds. */
  readonly maxAge: number;
  readonly minFresh: number;
  readonly maxStale: number;
  readonly staleIfError: number;
}

/** Complete answers that are not failures. */
const STORABLE: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308]);
const LONGEST_LIFETIME = 24 * 60 * 60;

const NO_DIRECTIVES: RequestDirectives = {
  noStore: false,
  noCache: false,
  onlyIfCached: false,
  maxAge: Infinity,
  minFresh: 0,
  maxStale: 0,
  staleIfError: 0,
};

/** Undefined for what must not be stored, or would be of no use. */
export function evaluate(request: BackendRequest, status: number, headers: Headers): Freshness | undefined {
  if (!STORABLE.has(status) || headers['set-cookie'] !== undefined || headers['content-range'] !== undefined) {
    return undefined;
  }
  const control = controlOf(headers);
  if (control.has('no-store') || control.has('private') || varyOf(headers).includes('*')) return undefined;
  // A shared answer has to be meant as one where the request carried what belongs to one user.
  const { headers: sent, personal = NO_NAMES } = request;
  const isPersonal =
    sent['authorization'] !== undefined ||
    sent['cookie'] !== undefined ||
    personal.some((name) => sent[name] !== undefined);
  if (isPersonal && !control.has('public') && !control.has('s-maxage')) return undefined;

  const initialAge = Math.max(
    ...listOf(headers['age'])
      .split(',')
      .map((age) => seconds(age.trim())),
  );
  const lifetime = control.has('no-cache') ? 0 : Math.min(lifetimeOf(control, headers), LONGEST_LIFETIME);
  if (lifetime <= initialAge && !hasValidator(headers)) return undefined;
  const mustAsk = control.has('no-cache') || control.has('must-revalidate') || control.has('proxy-revalidate');
  return {
    lifetime,
    initialAge,
    staleIfError: mustAsk ? 0 : Math.min(seconds(control.get('stale-if-error')), LONGEST_LIFETIME),
    mayBeStale: !mustAsk && !control.has('s-maxage'),
  };
}

/** The names of the request headers that an answer depends on, in lower case. */
export function varyOf(headers: Headers): readonly string[] {
  const { vary } = headers;
  if (vary === undefined) return NO_NAMES;
  return [
    ...new Set(
      listOf(vary)
        .toLowerCase()
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ];
}
const NO_NAMES: readonly string[] = Object.freeze([]);

export function hasValidator(headers: Headers): boolean {
  return typeof headers['etag'] === 'string' || typeof headers['last-modified'] === 'string';
}

export function readDirectives(headers: Headers): RequestDirectives {
  if (headers['cache-control'] === undefined && headers['pragma'] === undefined) return NO_DIRECTIVES;
  const control = controlOf(headers);
  const maxStale = control.get('max-stale');
  return {
    noStore: control.has('no-store'),
    noCache: control.has('no-cache'),
    onlyIfCached: control.has('only-if-cached'),
    maxAge: control.has('max-age') ? seconds(control.get('max-age')) : Infinity,
    minFresh: seconds(control.get('min-fresh')),
    // Without a value: any staleness will do.
    maxStale: maxStale === '' ? Infinity : seconds(maxStale),
    staleIfError: seconds(control.get('stale-if-error')),
  };
}

/** Whether an answer of this age, in seconds, will do without asking the backend. */
export function satisfies({ lifetime, mayBeStale }: Freshness, age: number, directives: RequestDirectives): boolean {
  if (directives === NO_DIRECTIVES) return age < lifetime;
  const isTooOld = age > directives.maxAge || (directives.minFresh > 0 && lifetime - age < directives.minFresh);
  if (directives.noCache || isTooOld) return false;
  return (
    age < lifetime ||
    (mayBeStale && directives.maxStale > 0 && age - lifetime <= Math.min(directives.maxStale, LONGEST_LIFETIME))
  );
}

/** Whether it may take the place of the answer of a backend that fails. */
export function mayServeStale(
  { lifetime, staleIfError, mayBeStale }: Freshness,
  age: number,
  directives: RequestDirectives,
): boolean {
  if (directives.noCache) return false;
  return age - lifetime < Math.max(staleIfError, mayBeStale ? Math.min(directives.staleIfError, LONGEST_LIFETIME) : 0);
}

function controlOf(headers: Headers): Directives {
  const control = headers['cache-control'];
  if (control !== undefined) return parseDirectives(control);
  return /no-cache/i.test(listOf(headers['pragma'])) ? parseDirectives('no-cache') : parseDirectives(undefined);
}

/** No guessing: without a word from the backend nothing is fresh. */
function lifetimeOf(control: Directives, headers: Headers): number {
  const shared = control.get('s-maxage');
  if (shared !== undefined) return seconds(shared);
  const own = control.get('max-age');
  if (own !== undefined) return seconds(own);
  const made = readDate(headers['date']);
  const span = (readDate(headers['expires']) - (Number.isNaN(made) ? Date.now() : made)) / 1000;
  return span > 0 ? Math.floor(span) : 0;
}

/** NaN for what is no date of HTTP: to `Date.parse` alone, `0` and `3000` are years. */
function readDate(value: string | readonly string[] | undefined): number {
  return typeof value === 'string' && /^[A-Z][a-z]{2,8},? /.test(value) ? Date.parse(value) : Number.NaN;
}
