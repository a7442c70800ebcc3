import { ConfigError, type ConfigIssue } from '../errors.js';
import type { Encoding } from './encoding.js';
import { fastJson, json, jsonCollection, safeJson } from './json.js';
import { negotiate } from './negotiate.js';
import { noOp } from './no-op.js';
import { rss } from './rss.js';
import { string } from './string.js';
import { xml } from './xml.js';
import { yaml } from './yaml.js';

/** The formats that come with the gateway. */
const BUILT_IN: readonly Encoding[] = [
  json,
  fastJson,
  safeJson,
  jsonCollection,
  string,
  xml,
  rss,
  yaml,
  negotiate,
  noOp,
];

/**
 * All formats by their names in lower case: the built-in ones and `extra`, which may replace them.
 *
 * @throws ConfigError with every entry of `extra` that is no encoding.
 */
export function createEncodings(extra: readonly Encoding[] = []): ReadonlyMap<string, Encoding> {
  const issues = faultsOfEncodings(extra, 'options.encodings');
  if (issues.length > 0) throw new ConfigError(issues);
  return new Map([...BUILT_IN, ...extra].map((encoding) => [encoding.name.toLowerCase(), encoding]));
}

/** What is wrong with a list of encodings, entry by entry. */
export function faultsOfEncodings(list: readonly unknown[], path: string): readonly ConfigIssue[] {
  return list.flatMap((encoding, index) => {
    const message = faultOf(encoding);
    return message === undefined ? [] : [{ path: `${path}[${index}]`, message }];
  });
}

/** Run-time objects come from JavaScript too, where no compiler has looked at them. */
function faultOf(encoding: unknown): string | undefined {
  if (typeof encoding !== 'object' || encoding === null)
    return 'must be an object with a name and a decoder or encode.';
  const { name, decoder, encode, isWhole, ignoresSpace, passthrough } = encoding as Partial<
    Record<keyof Encoding, unknown>
  >;
  if (typeof name !== 'string' || name.trim() === '') return 'must have a name, which the configuration refers to.';
  if (decoder !== undefined && typeof decoder !== 'function') {
    return `"${name}" has a decoder that is not a function; it takes is_collection and returns the function that decodes.`;
  }
  if (isWhole !== undefined && typeof isWhole !== 'function') return `"${name}" has an isWhole that is not a function.`;
  if (ignoresSpace !== undefined && typeof ignoresSpace !== 'boolean') {
    return `"${name}" has an ignoresSpace that is neither true nor false.`;
  }
  if (encode !== undefined && typeof encode !== 'function') return `"${name}" has an encode that is not a function.`;
  if (passthrough === true && (decoder || encode)) {
    return `"${name}" passes bodies through, so it can have neither a decoder nor encode.`;
  }
  if (passthrough !== true && !decoder && !encode)
    return `"${name}" must have a decoder, encode, or passthrough: true.`;
  return undefined;
}
