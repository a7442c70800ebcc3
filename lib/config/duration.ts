const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['μs', 1e-3],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g;
const MAX_LENGTH = 64;

/**
 * Reads a duration such as `"1h30m"`, `"1.5s"` or `"200ms"` (units ns, us, ms, s, m, h).
 *
 * @returns milliseconds, or `undefined` when the text is not a duration. A sign, a bare number and an empty text are
 * not: a bare number means nanoseconds to KrakenD and seconds to most other tools.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > MAX_LENGTH || !WHOLE.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, number, unit] of text.matchAll(PART)) milliseconds += Number(number) * UNITS.get(unit!)!;
  return milliseconds;
}
