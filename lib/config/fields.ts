import { z } from 'zod';
import { parseDuration } from './duration.js';
import { show } from './explain.js';
import { suggest } from './nearest.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The longest time that any wait may take: a timer beyond 2^31 ms would fire at once. Leaves room for what is added. */
export const MAX_TIMEOUT = 24 * 24 * HOUR;
/** KrakenD holds durations as 2^63 nanoseconds at most, in whole hours. For what is no timer. */
export const LONGEST_DURATION = 2_562_047 * HOUR;

/** What a duration looks like, for the JSON Schema. */
const DURATION_TEXT = { type: 'string', pattern: '^([0-9]+(\\.[0-9]+)?(ns|us|µs|μs|ms|s|m|h))+$' } as const;

interface DurationRange {
  readonly min?: number;
  readonly max?: number;
}

/** A duration string, read as whole milliseconds: timers know nothing shorter, and 0 would mean something else. */
export function duration({ min = 1, max = MAX_TIMEOUT }: DurationRange = {}) {
  return z
    .string({ error: ({ input }) => `must be a duration with a unit, such as "1500ms" or "2s", not ${show(input)}.` })
    .transform((text, context) => {
      const milliseconds = toWhole(parseDuration(text));
      if (milliseconds !== undefined && milliseconds >= min && milliseconds <= max) return milliseconds;
      context.addIssue({
        code: 'custom',
        message:
          milliseconds === undefined
            ? `must be a duration with a unit, such as "1500ms" or "2s", not ${show(text)}.`
            : `must be between ${showDuration(min)} and ${showDuration(max)}, not ${show(text)}.`,
      });
      return z.NEVER;
    })
    .meta({ label: 'duration', ts: 'Duration', json: DURATION_TEXT });
}

function toWhole(milliseconds: number | undefined): number | undefined {
  return milliseconds && Math.max(1, Math.round(milliseconds));
}

/** Milliseconds, as a configuration writes them. */
export function showDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds >= HOUR) return `${milliseconds / HOUR}h`;
  if (milliseconds >= MINUTE) return `${milliseconds / MINUTE}m`;
  return milliseconds >= 1_000 ? `${milliseconds / 1_000}s` : `${milliseconds}ms`;
}

/** A duration for which `0s` has a written meaning: none, or the default. KrakenD takes the number 0 for it as well. */
export function durationOrZero(max = MAX_TIMEOUT) {
  return z
    .preprocess((value: string | 0) => (value === 0 ? '0s' : value), duration({ min: 0, max }))
    .meta({ ts: 'Duration | 0', json: { anyOf: [DURATION_TEXT, { const: 0 }] } });
}

/** A duration that may be left out; `0s` counts as left out. */
export function durationUnlessZero() {
  return durationOrZero()
    .transform((milliseconds) => milliseconds || undefined)
    .optional();
}

/** A duration for which `0s` means the default, `standard` milliseconds. */
export function durationOr(standard: number, max = MAX_TIMEOUT) {
  return durationOrZero(max)
    .default(standard)
    .transform((milliseconds) => milliseconds || standard);
}

export function count(max: number = Number.MAX_SAFE_INTEGER, min = 1) {
  return z.int().min(min).max(max);
}

/** A number for which 0 means the default, as in KrakenD. */
export function countOrZero(max?: number) {
  return count(max, 0);
}

/** A number for which 0 means the default, `standard`. */
export function countOr(standard: number, max?: number) {
  return countOrZero(max)
    .default(standard)
    .transform((number) => number || standard);
}

/** A number that may be left out; 0 counts as left out. */
export function countUnlessZero(max?: number) {
  return countOrZero(max)
    .transform((number) => number || undefined)
    .optional();
}

/** A size. */
export function bytes(max: number) {
  return count(max).meta({ label: 'bytes' });
}

/** A switch that is off by default. */
export function flag() {
  return z.boolean().default(false);
}

/** One of a few words. The error for a near miss names the word it is near to. */
export function oneOf<const T extends readonly [string, ...string[]]>(words: T) {
  return z.enum(words, {
    error: ({ input }) =>
      `must be ${words.map((word) => `"${word}"`).join(' or ')}, not ${show(input)}.${typeof input === 'string' ? suggest(input, words) : ''}`,
  });
}

/** A string that must satisfy a test; the sentence ends in the offending value. */
export function text(isValid: (value: string) => boolean, demand: string) {
  return z.string().refine(isValid, { error: ({ input }) => `must be ${demand}, not ${show(input)}.` });
}

/** Names that lead out of plain data in JavaScript. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export function isForbiddenName(name: string): boolean {
  return FORBIDDEN_NAMES.has(name);
}

const NAME_DEMAND = 'a name other than "__proto__", "constructor" and "prototype"';

/** The name of one key of a document. Empty only where that means "none". */
export function keyName({ orEmpty = false } = {}) {
  return text((value) => (orEmpty || value !== '') && !isForbiddenName(value), `a non-empty ${NAME_DEMAND.slice(2)}`);
}

const MAX_SEGMENTS = 128;

export function isDottedPath(path: string): boolean {
  const names = path.split('.');
  return names.length <= MAX_SEGMENTS && names.every((name) => name !== '' && !isForbiddenName(name));
}

/** A path such as `user.address.city`. Empty only where that means "none". */
export function dottedPath({ orEmpty = false } = {}) {
  return text(
    (value) => (orEmpty && value === '') || isDottedPath(value),
    'a dotted path such as "user.city" without empty segments, "__proto__", "constructor" or "prototype"',
  );
}

export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The name of one header. */
export function headerName() {
  return text((value) => HEADER_NAME.test(value), 'the name of a header');
}

/** Header names; the empty name means "none". */
export function headerNames() {
  return z.array(
    text((value) => value === '' || HEADER_NAME.test(value), 'the name of a header, "*" for all, or "" for none'),
  );
}

/**
 * The name of an encoding, combiner, balancer or the like; whether it is known is checked against the vocabulary.
 *
 * @param builtIn the names that come with the gateway, for editors
 */
export function word(builtIn: readonly string[] = []) {
  return text((value) => /^[\w./-]+$/.test(value) && !isForbiddenName(value), 'a name').meta({
    ts: [...builtIn.map((name) => `'${name}'`), '(string & {})'].join(' | '),
    json: { pattern: '^[\\w./-]+$' },
  });
}

/** Takes an empty string for nothing at all, as KrakenD does: the default holds. */
export function orEmpty<S extends z.ZodType>(schema: S) {
  return z.preprocess((value: z.input<S> | '') => (value === '' ? undefined : value), schema).meta({ orEmpty: true });
}

/** An object that is handed on untouched. */
export function object() {
  return z
    .custom<Readonly<Record<string, unknown>>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      { error: ({ input }) => `must be an object, not ${show(input)}.` },
    )
    .meta({ label: 'object', ts: 'object', json: { type: 'object' } });
}
