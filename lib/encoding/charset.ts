import { isUtf8 } from 'node:buffer';
import { DecodeError } from '../errors.js';
import { toText } from './text.js';

/** The encoding an XML declaration names; it is ASCII, whatever follows. */
const DECLARED = /^<\?xml[^>]{0,100}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/;
const PARAMETER = /;[ \t]*charset[ \t]*=[ \t]*"?([\w.:-]{1,40})/i;
const UTF_8 = /^utf-?8$|^us-ascii$/i;

/** What the bytes from 0x80 to 0x9f mean in windows-1252; five of them mean themselves. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const BEYOND_LATIN1 = /[\x80-\x9f]/g;

/**
 * The text of an XML document: what its byte order mark, the `Content-Type` or its declaration says, else UTF-8. Where the last
 * two contradict each other and one of them is UTF-8, the bytes decide.
 */
export function toXmlText(body: Buffer, contentType?: string): string {
  const charset = markedCharset(body) ?? namedCharset(body, contentType);
  if (UTF_8.test(charset)) return toText(body);
  try {
    const decoder = new TextDecoder(charset, { fatal: true });
    // It is what browsers take Latin-1 for; Node 20 takes it for Latin-1.
    return decoder.encoding === 'windows-1252' ? fromWindows1252(body) : decoder.decode(body);
  } catch {
    throw new DecodeError('it is not in the character set that it declares');
  }
}

function markedCharset(body: Buffer): string | undefined {
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  return body[0] === 0xef && body[1] === 0xbb ? 'utf-8' : undefined;
}

function namedCharset(body: Buffer, contentType: string | undefined): string {
  const declared = DECLARED.exec(body.toString('latin1', 0, 200))?.[1];
  const told = contentType === undefined ? undefined : PARAMETER.exec(contentType)?.[1];
  if (told === undefined || declared === undefined) return told ?? declared ?? 'utf-8';
  if (UTF_8.test(told) === UTF_8.test(declared)) return told;
  if (isUtf8(body)) return 'utf-8';
  return UTF_8.test(told) ? declared : told;
}

function fromWindows1252(body: Buffer): string {
  return body
    .toString('latin1')
    .replace(BEYOND_LATIN1, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] as string);
}
