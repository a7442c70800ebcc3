import { isObject } from '../core/data.js';
import { DecodeError } from '../errors.js';
import type { Data } from '../proxy.js';
import { toXmlText } from './charset.js';
import type { Encoding } from './encoding.js';
import { readAtom } from './feed/atom.js';
import { type Feed, toData } from './feed/feed.js';
import { readJsonFeed } from './feed/json.js';
import { readRss } from './feed/rss.js';
import { parseJson } from './json-parse.js';
import { readXml } from './xml-read.js';

const NO_FEED = 'it is neither RSS nor Atom nor a JSON Feed';

function decodeFeed(body: Buffer, contentType?: string): Data {
  const text = toXmlText(body, contentType);
  return toData(/^\s*\{/.test(text) ? decodeJson(text) : decodeXml(text));
}

function decodeJson(text: string): Feed {
  const data = parseJson(text);
  if (!isObject(data) || !String(data['version']).includes('jsonfeed.org')) throw new DecodeError(NO_FEED);
  return readJsonFeed(data);
}

function decodeXml(text: string): Feed {
  // Feeds use the entities of HTML, whatever the standard says.
  const root = readXml(text, { keepUnknownEntities: true });
  if (root.name === 'rss' || root.name === 'RDF') return readRss(root);
  if (root.name === 'feed') return readAtom(root);
  throw new DecodeError(NO_FEED);
}

/** RSS 0.9 to 2.0, Atom and JSON Feed, under one set of keys; `is_collection` has no effect. */
export const rss: Encoding = {
  name: 'rss',
  decoder: () => decodeFeed,
  isWhole: () => true,
  ignoresSpace: true,
};
