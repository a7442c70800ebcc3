import { DecodeError } from '../errors.js';
import { toText } from './text.js';

/** The encoding an XML declaration names; it is ASCII, whatever follows. */
const DECLARED = /^<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/;

/** The text of an XML document: UTF-8, or what its byte order mark or its declaration says. */
export function toXmlText(body: Buffer): string {
  const charset = markedCharset(body) ?? DECLARED.exec(body.toString('latin1', 0, 200))?.[1] ?? 'utf-8';
  if (/^utf-?8$|^us-ascii$/i.test(charset)) return toText(body);
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    throw new DecodeError('it is not in the character set that it declares');
  }
}

function markedCharset(body: Buffer): string | undefined {
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return body[0] === 0xef && body[1] === 0xbb ? 'utf-8' : undefined;
}
