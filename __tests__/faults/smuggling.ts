import type { Random } from './random.js';

/** Two requests of which the second hides in the body of the first. */
export interface Smuggling {
  readonly bytes: Buffer;
  readonly name: string;
}

export interface SmugglingOptions {
  readonly prefix: string;
  /** Route and token of the request in the open. */
  readonly outer: { readonly path: string; readonly token: string };
  /** Route and token of the hidden one: no backend may ever see this token. */
  readonly hidden: { readonly path: string; readonly token: string };
}

const NAMES = [
  'Transfer-Encoding',
  'transfer-encoding',
  'tRANSFER-eNCODING',
  'Transfer-Encoding ',
  ' Transfer-Encoding',
  'Transfer-Encoding\t',
  'Transfer\x00-Encoding',
  'X\nTransfer-Encoding',
  'X: y\rTransfer-Encoding',
  'Transfer-\r\n Encoding',
];
const SEPARATORS = [': ', ':', ':\t', ' : ', ':  ', ':\x0b', ':\x0c', ':\r\n ', ':\n ', ': \r', '=', ''];
const CODINGS = [
  'chunked',
  'Chunked',
  'CHUNKED',
  'xchunked',
  'chunkedx',
  'chunked, identity',
  'identity, chunked',
  'gzip, chunked',
  'chunked, chunked',
  ',chunked',
  'chunked,',
  'identity',
  '"chunked"',
  "'chunked'",
  'chunked;q=1',
  'chun ked',
  'chunked\x00',
  '\xffchunked',
  '[chunked',
  'cow',
  'trailers',
  'chunked\r\nTransfer-Encoding: x',
  'x\r\nTransfer-Encoding: chunked',
  '',
];
const LENGTH_SPELLINGS: readonly ((length: number) => string)[] = [
  (n) => `Content-Length: ${n}`,
  (n) => `Content-Length:${n}`,
  (n) => `Content-Length: +${n}`,
  (n) => `Content-Length: 0${n}`,
  (n) => `Content-Length: 0x${n.toString(16)}`,
  (n) => `Content-Length: ${n}, ${n}`,
  (n) => `Content-Length: ${n} ${n}`,
  (n) => `Content-Length: ${n}\r\nContent-Length: 0`,
  (n) => `Content-Length: 0\r\nContent-Length: ${n}`,
  (n) => `Content-Length: ${n}\r\nContent-Length: ${n}`,
  (n) => `Content-Length : ${n}`,
  (n) => ` Content-Length: ${n}`,
  (n) => `Content-Length: ${n}.0`,
  (n) => `Content-Length: ${n}e0`,
  (n) => `Content-Length: -${n}`,
  (n) => `Content-Length: ${n}\x00`,
  (n) => `Content-Length:\r\n ${n}`,
  (n) => `Content-Length: \t${n}\t`,
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0'];
const LAST_CHUNKS = [
  '0\r\n\r\n',
  '0;a=b\r\n\r\n',
  '00\r\n\r\n',
  '0 \r\n\r\n',
  '0\n\n',
  '0\r\nX: y\r\n\r\n',
  '-0\r\n\r\n',
  '0x0\r\n\r\n',
  '\r\n0\r\n\r\n',
];

/**
 * Draws from a grammar of request heads on which two parsers may disagree: separators, lists, case, versions, repeats.
 * Whoever goes by the other of the two lengths takes the hidden request for one of its own.
 */
export function createSmuggling({ prefix, outer, hidden }: SmugglingOptions, random: Random): Smuggling {
  const inner = `GET ${prefix}/${hidden.path}/${hidden.token} HTTP/1.1\r\nHost: gateway.example\r\nX-Admin: 1\r\n\r\n`;
  const isByLength = random.chance(0.6);
  const name = random.pick(NAMES);
  const separator = random.pick(SEPARATORS);
  const coding = random.pick(CODINGS);
  // At least one of the four is spelt oddly; where all are drawn sound, the pair of length and coding is odd enough.
  const codingLine = random.chance(0.5)
    ? `Transfer-Encoding: ${coding}`
    : `${name}${separator}${random.chance(0.6) ? 'chunked' : coding}`;
  const spell = random.chance(0.5) ? LENGTH_SPELLINGS[0] : random.pick(LENGTH_SPELLINGS);
  const body = isByLength
    ? `${random.pick(LAST_CHUNKS)}${inner}`
    : `${inner.length.toString(16)}\r\n${inner}\r\n${random.pick(LAST_CHUNKS)}`;
  // By length: the whole body, the hidden request within. By chunks: as far as the chunk's first line.
  const length = isByLength ? body.length : body.indexOf('\r\n') + 2;
  const lengthLine = spell?.(length) ?? '';
  const lines = random.chance(0.5) ? [lengthLine, codingLine] : [codingLine, lengthLine];
  const version = random.pick(VERSIONS);
  const head = [
    `POST ${prefix}/${outer.path}/${outer.token} ${version}`,
    'Host: gateway.example',
    ...lines,
    'Content-Type: text/plain',
  ];
  return {
    bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'),
    name: `${isByLength ? 'length over chunks' : 'chunks over length'}: ${JSON.stringify(lines.join(' | '))} ${version}`,
  };
}
