const DIGIT_0 = 48;
const DIGIT_9 = 57;
const DOT = 46;
const MINUS = 45;
const COLON = 58;
const QUOTE = 34;
const BACKSLASH = 92;

/** An exponent, or something in a string that looks like one. */
const EXPONENT = /\d[eE][-+\d]/g;
const TOKEN = /-?\d[-+.\deE]*/y;
const BEFORE_NUMBER = /[[:,\s]/;
const AFTER_NUMBER = /[\]},\s]/;
const BEFORE_COLON = /\s*:/y;

/**
 * Whether some number in a JSON text would change its text as a JavaScript number, as far as dots and exponents tell.
 * Strings are not told apart: what looks like a number in a string may give a false alarm, which only costs time.
 * Long integers and `-0` are left to whoever has the parsed values.
 */
export function hasExactNumber(text: string): boolean {
  for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', dot + 1)) {
    if (isDigit(text.charCodeAt(dot - 1)) && isDigit(text.charCodeAt(dot + 1)) && isRisky(text, dot)) {
      if (isChanged(text, startOf(text, dot))) return true;
    }
  }
  EXPONENT.lastIndex = 0;
  while (EXPONENT.test(text)) {
    const exponent = EXPONENT.lastIndex - 2;
    // The digit after this exponent may stand before the next.
    EXPONENT.lastIndex = exponent + 1;
    if (isChanged(text, startOf(text, exponent))) return true;
  }
  return false;
}

/** A fraction with fifteen digits or less, not ending in zero and not tiny, comes back as it was. */
function isRisky(text: string, dot: number): boolean {
  let end = dot + 1;
  while (isDigit(text.charCodeAt(end))) end++;
  if (text.charCodeAt(end - 1) === DIGIT_0) return true;
  const start = startOf(text, dot);
  return end - start > 16 || (text.charCodeAt(dot - 1) === DIGIT_0 && text.charCodeAt(dot + 1) === DIGIT_0);
}

/** Where the token around a dot or an exponent begins. Goes back over one dot only: `1.1.1…` must not cost its square. */
function startOf(text: string, inside: number): number {
  let start = skipDigitsBack(text, inside);
  if (inside !== start && text.charCodeAt(inside) !== DOT && text.charCodeAt(start - 1) === DOT) {
    start = skipDigitsBack(text, start - 1);
  }
  return text.charCodeAt(start - 1) === MINUS ? start - 1 : start;
}

function skipDigitsBack(text: string, end: number): number {
  let start = end;
  while (isDigit(text.charCodeAt(start - 1))) start--;
  return start;
}

function isChanged(text: string, start: number): boolean {
  if (start > 0 && !BEFORE_NUMBER.test(text.charAt(start - 1))) return false;
  TOKEN.lastIndex = start;
  const token = TOKEN.exec(text)?.[0];
  if (token === undefined) return false;
  const end = start + token.length;
  return (end === text.length || AFTER_NUMBER.test(text.charAt(end))) && String(Number(token)) !== token;
}

/**
 * Puts `replace(token)` in the place of each number outside of strings that a JavaScript number would change. Names of
 * keys and tokens that are no numbers stay, so that a JSON parser goes on to refuse what it would have refused.
 */
export function replaceExactNumbers(text: string, replace: (token: string) => string): string {
  let result = '';
  let done = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (isDigit(code) || code === MINUS) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(text)?.[0] ?? '-';
      if (isExact(token) && !isKey(text, at + token.length)) {
        result += text.slice(done, at) + replace(token);
        done = at + token.length;
      }
      at += token.length;
    } else {
      at++;
    }
  }
  return result + text.slice(done);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function isExact(token: string): boolean {
  return String(Number(token)) !== token && NUMBER.test(token);
}

function isKey(text: string, end: number): boolean {
  if (text.charCodeAt(end) === COLON) return true;
  BEFORE_COLON.lastIndex = end;
  return BEFORE_COLON.test(text);
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}
