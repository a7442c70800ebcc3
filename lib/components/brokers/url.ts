import type { BrokerUrl } from './driver.js';

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^?#]*)(?:\?([^#]*))?$/i;
const OF_HTTP = /^https?:/i;

/** Reads a URL such as `kafka://orders?key_name=id`; `undefined` for anything else. */
export function parseBrokerUrl(text: string): BrokerUrl | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const [, scheme = '', target = '', query = ''] = match;
  return { scheme: scheme.toLowerCase(), target, query: new URLSearchParams(query) };
}

/**
 * The URL of a backend: its own option, or `host[0]` and the option behind it, as KrakenD has it. A queue of SQS has a URL
 * of HTTP, which goes behind the scheme.
 */
export function joinBrokerUrl(host: string, option: string): string {
  return SHAPE.test(option) && !OF_HTTP.test(option) ? option : host + option;
}
