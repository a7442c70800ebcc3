/** What undici's parser keeps to itself of the answer that a socket is reading. */
export interface StatusLine {
  /** True where the last head says that it is HTTP/1.0. */
  isHttp10: boolean;
  /** How many characters of `HTTP/1.1 200` the present head has brought so far. */
  seen: number;
  /** True within an interim head (1xx): another one follows it. */
  isInterim: boolean;
  /** Within an interim head: whether nothing but line ends has come since the last line. */
  isLineEmpty: boolean;
  /** Whether the status has been that of `100 Continue` so far. */
  isContinue: boolean;
}

const VERSION_END = 'HTTP/1.'.length;
const SPACE_AT = 'HTTP/1.1'.length;
const STATUS_AT = SPACE_AT + 1;
const LENGTH = STATUS_AT + '200'.length;

const LF = 10;
const CR = 13;
const SPACE = 32;
const ZERO = 48;
const ONE = 49;
const TWO = 50;

export function createStatusLine(): StatusLine {
  return { isHttp10: false, seen: 0, isInterim: false, isLineEmpty: false, isContinue: false };
}

/** Another answer begins. */
export function resetStatusLine(line: StatusLine): void {
  line.isHttp10 = false;
  beginHead(line);
}

/** True once the final head has begun: nothing more is to be read. */
export function isStatusRead({ seen, isInterim }: StatusLine): boolean {
  return seen === LENGTH && !isInterim;
}

/**
 * Follows the heads of an answer up to the status of the final one. undici's parser refuses a `100 Continue` that its request
 * has not asked for, though any number of interim answers may come: it is shown a 102, which has the same framing.
 */
export function readStatusLine(line: StatusLine, piece: Buffer): void {
  for (let at = 0; at < piece.length && !isStatusRead(line); at++) {
    const byte = piece[at] as number;
    if (line.isInterim) passInterim(line, byte);
    // The parser skips empty lines before a head as well.
    else if (line.seen !== 0 || (byte !== CR && byte !== LF)) {
      if (passStatus(line, byte)) piece[at] = TWO;
    }
  }
}

function beginHead(line: StatusLine): void {
  line.seen = 0;
  line.isInterim = false;
}

function passInterim(line: StatusLine, byte: number): void {
  if (byte === LF) {
    if (line.isLineEmpty) beginHead(line);
    line.isLineEmpty = true;
  } else if (byte !== CR) line.isLineEmpty = false;
}

/** True at the last digit of a 100. */
function passStatus(line: StatusLine, byte: number): boolean {
  const at = line.seen++;
  if (at === VERSION_END) line.isHttp10 = byte === ZERO;
  // What is no status line is the parser's to refuse.
  else if ((at === SPACE_AT && byte !== SPACE) || (at === STATUS_AT && byte !== ONE)) line.seen = LENGTH;
  else if (at === STATUS_AT) line.isContinue = true;
  else if (at > STATUS_AT && byte !== ZERO) line.isContinue = false;
  if (at !== LENGTH - 1) return false;
  line.isInterim = true;
  line.isLineEmpty = false;
  return line.isContinue;
}
