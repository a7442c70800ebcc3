import { isObject } from '../../core/data.js';
import type { ValidatorOptions } from './options.js';
import type { Claims } from './token.js';

/** Finds one claim by own members only; undefined where it is not there. */
export type ClaimReader = (claims: Claims) => unknown;

/** @param isNested whether a name with dots is a path; a name that begins with `http` never is */
export function createClaimReader(name: string, isNested: boolean): ClaimReader {
  const path = isNested && !name.startsWith('http') && name.includes('.') ? name.split('.') : [];
  return function readClaim(claims) {
    if (Object.hasOwn(claims, name)) return claims[name];
    if (path.length === 0) return undefined;
    let value: unknown = claims;
    for (const key of path) {
      if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
      value = value[key];
    }
    return value;
  };
}

const SECOND = 1_000;

/** When a token is good, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Undefined where a time is no number. A time that is missing sets no limit, as in KrakenD. */
export function readValidity(claims: Claims): Validity | undefined {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => own(claims, name));
  if (![exp, nbf, iat].every((time) => time === undefined || (typeof time === 'number' && Number.isFinite(time)))) {
    return undefined;
  }
  const from = Math.max(...[nbf, iat].map((time) => (time === undefined ? -Infinity : Number(time) * SECOND)));
  return { from, until: exp === undefined ? Infinity : Number(exp) * SECOND };
}

/** @param leeway milliseconds that clocks may be apart */
export function isTimely({ from, until }: Validity, now: number, leeway: number): boolean {
  return now + leeway >= from && now - leeway < until;
}

/** What is wrong with who made a token and for whom; undefined where nothing is. */
export function faultOfOrigin(
  claims: Claims,
  { issuer, audience }: Pick<ValidatorOptions, 'issuer' | 'audience'>,
): string | undefined {
  if (issuer !== undefined && own(claims, 'iss') !== issuer) return 'The token is of another issuer';
  if (audience.length === 0) return undefined;
  const aud = own(claims, 'aud');
  const present = typeof aud === 'string' ? [aud] : textsOf(aud);
  return audience.every((name) => present.includes(name)) ? undefined : 'The token is for another audience';
}

/** Whether a token has what is asked for. */
export type Demand = (claims: Claims) => boolean;

/** One of `wanted`, or with `all` each of them, in a claim that is a list of texts or a text with spaces. */
export function createDemand(wanted: readonly string[], readClaim: ClaimReader, matcher: 'any' | 'all'): Demand {
  return function isMet(claims) {
    const claim = readClaim(claims);
    const present = new Set(typeof claim === 'string' ? claim.split(' ') : textsOf(claim));
    return matcher === 'any' ? wanted.some((name) => present.has(name)) : wanted.every((name) => present.has(name));
  };
}

/** A list with anything but texts in it is as good as none. */
function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : [];
}

function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/**
 * A claim as text, by KrakenD's rules: lists joined by commas, objects as JSON. Undefined for `null`, for what is missing, and
 * for what has no text.
 */
export function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map((entry) => toText(entry) ?? '').join(',');
  return isObject(value) ? toJson(value) : undefined;
}

/** No header and no URL takes a longer one; how deep a value may be nested differs from one version of Node to the next. */
const LONGEST_JSON = 16_384;

function toJson(value: object): string | undefined {
  try {
    const text = JSON.stringify(value);
    return text.length <= LONGEST_JSON ? text : undefined;
  } catch {
    // It is nested too deeply.
    return undefined;
  }
}
