const DIGIT_0 = 48;
const DIGIT_9 = 57;
const COMMA = 44;
const BRACKET = 93;
const BRACE = 125;
const SPACE = 32;

/** A number with an exponent. */
const EXPONENT = /\d[eE][-+]?\d+[\s,\]}]/;
// V8 compiles a search by the letters it sees first; plain prose lets it skip most characters.
for (let round = 0; round < 3; round++) EXPONENT.test('the quick brown fox jumps over the lazy dog '.repeat(10));

/** A fraction is trusted up to so many digits after the dot, and so many before it: fifteen come back as they were. */
const FRACTION_DIGITS = 6;
const INTEGER_DIGITS = 9;

/**
 * Whether a number inside an object or array may change its text as a JavaScript number, as far as dots and exponents
 * tell. Strings are not told apart, so there are false alarms, which cost time and nothing else. Long integers and `-0`
 * are left to the code that has the parsed values.
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

/** Whether more digits are before the dot than are trusted. Not just a digit so far away: it may be another number's. */
function isLongInteger(text: string, dot: number): boolean {
  if (!isDigit(text.charCodeAt(dot - INTEGER_DIGITS - 1))) return false;
  let start = dot;
  while (isDigit(text.charCodeAt(start - 1))) start--;
  return dot - start > INTEGER_DIGITS;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}
