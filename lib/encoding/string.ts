import type { Data } from '../proxy.js';
import type { EncodedBody, Encoding } from './encoding.js';
import { toText } from './text.js';

function decodeText(body: Buffer): Data {
  return { content: toText(body) };
}

function encodeText(data: Data | null): EncodedBody {
  const content = data !== null && Object.hasOwn(data, 'content') ? data['content'] : '';
  return { contentType: 'text/plain; charset=utf-8', body: typeof content === 'string' ? content : '' };
}

/** Plain text, under `content`; nothing is written where that is not a text. */
export const string: Encoding = { name: 'string', decoder: () => decodeText, encode: encodeText };
