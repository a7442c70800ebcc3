const DIGIT_0 = 48;
const DIGIT_9 = 57;
const MINUS = 45;
const COLON = 58;
const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const BRACKET = 93;
const BRACE = 125;
const SPACE = 32;

/** A number with an exponent. */
const EXPONENT = /\d[eE][-+]?\d+[\s,\]}]/;
// V8 compiles a search by the letters it sees first; plain prose lets it skip most characters.
for (let round = 0; round < 3; round++) EXPONENT.test('the quick brown fox jumps over the lazy dog '.repeat(10));

const TOKEN = /-?\d[-+.\deE]*/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const SHORT_INTEGER = /^\d{1,15}$/;
const BEFORE_COLON = /\s*:/y;

/** A fraction is trusted up to so many digits after the dot, and so many before it: fifteen come back as they were. */
const FRACTION_DIGITS = 6;
const INTEGER_DIGITS = 9;

/**
 * Whether a number inside an object or array may change its text as a JavaScript number, as far as dots and exponents
 * tell. Strings are not told apart, so there are false alarms, which cost time and nothing else. Long integers and `-0`
 * are left to whoever has the parsed values.
 */
export function mayHoldExactNumber(text: string): boolean {
  return hasRiskyFraction(text) || EXPONENT.test(text);
}

function hasRiskyFraction(text: string): boolean {
  for (let dot = text.indexOf('.'); dot !== -1; dot = text.indexOf('.', dot + 1)) {
    const first = text.charCodeAt(dot + 1);
    let last = first;
    let code = first;
    let end = dot + 1;
    while (code >= DIGIT_0 && code <= DIGIT_9) {
      last = code;
      code = text.charCodeAt(++end);
    }
    if (end === dot + 1 || !(code === COMMA || code === BRACE || code === BRACKET || code <= SPACE)) continue;
    if (last === DIGIT_0 || end - dot - 1 > FRACTION_DIGITS) return true;
    if (isLongInteger(text, dot)) return true;
  }
  return false;
}

/** Whether more digits stand before the dot than are trusted. Not just a digit so far away: it may be another number's. */
function isLongInteger(text: string, dot: number): boolean {
  if (!isDigit(text.charCodeAt(dot - INTEGER_DIGITS - 1))) return false;
  let start = dot;
  while (isDigit(text.charCodeAt(start - 1))) start--;
  return dot - start > INTEGER_DIGITS;
}

/**
 * Puts `replace(token)` in the place of each number outside of strings that a JavaScript number would change. Names of
 * keys and tokens that are no numbers stay, so that a JSON parser goes on to refuse what it would have refused.
 */
export function replaceExactNumbers(text: string, replace: (token: string) => string): string {
  const { length } = text;
  let result = '';
  let done = 0;
  let at = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code <= DIGIT_9 && (code >= DIGIT_0 || code === MINUS)) {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(text)?.[0] ?? '-';
      const end = at + token.length;
      if (isExact(token) && !isKey(text, end)) {
        result += text.slice(done, at) + replace(token);
        done = end;
      }
      at = end;
    } else {
      at++;
    }
  }
  return done === 0 ? text : result + text.slice(done);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

function isExact(token: string): boolean {
  return !SHORT_INTEGER.test(token) && String(Number(token)) !== token && NUMBER.test(token);
}

function isKey(text: string, end: number): boolean {
  if (text.charCodeAt(end) === COLON) return true;
  BEFORE_COLON.lastIndex = end;
  return BEFORE_COLON.test(text);
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}
