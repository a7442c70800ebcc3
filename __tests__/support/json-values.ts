import type { Random } from '../faults/random.js';

/** Literals whose text a JavaScript number changes, next to those it does not. */
const NUMBERS = [
  '0',
  '-0',
  '1',
  '-1',
  '42',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '-9007199254740993',
  '18446744073709551615',
  '123456789012345678901234567890',
  '1.0',
  '-1.0',
  '0.10',
  '19.90',
  '19.99',
  '1e5',
  '1E2',
  '1e+21',
  '1e400',
  '-1E400',
  '1e-400',
  '0.1',
  '0.0000001',
  '1e-7',
  '0.000001',
  '3.141592653589793',
  '2.50e-3',
  '3.14159265358979312',
  '0.1000000000000000055',
  '1234567890.123456',
  '100.25',
  '1e0',
  '-0.0',
  '0e0',
  '5e-324',
];
const TEXTS = [
  '',
  'a',
  'é',
  '日本',
  '😀',
  '1.0',
  ' 1.0, ',
  '-0',
  '1e5,',
  '"',
  '\\',
  '\n',
  '</script>',
  '\u2028',
  '\u007f',
  '{',
  ']]',
];
const KEYS = [
  'a',
  'b',
  'c',
  'id',
  'items',
  '',
  '1',
  '10',
  '2',
  'é',
  'a.b',
  'constructor',
  'toString',
  'length',
  '1.0',
  'x"y',
];

/** The text of a number: one of the tricky ones, or any digits. */
export function numberText(random: Random): string {
  if (random.chance(0.5)) return random.pick(NUMBERS);
  const sign = random.chance(0.3) ? '-' : '';
  const integer = random.chance(0.3) ? '0' : `${random.int(1, 9)}${digits(random, random.int(0, 20))}`;
  const fraction = random.chance(0.5) ? `.${digits(random, random.int(1, 20))}` : '';
  const exponent = random.chance(0.3)
    ? `${random.pick(['e', 'E'])}${random.pick(['', '+', '-'])}${digits(random, random.int(1, 3))}`
    : '';
  return sign + integer + fraction + exponent;
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.int(0, 9)).join('');
}

/** The text of any JSON value, with white space, escapes and duplicate keys as they come. */
export function jsonText(random: Random, depth = 4): string {
  const space = random.chance(0.1) ? random.pick([' ', '\n', '\t ', '\r\n']) : '';
  return space + valueText(random, depth) + (random.chance(0.1) ? ' ' : '');
}

/** The text of an object. */
export function objectText(random: Random, depth = 4): string {
  const members = Array.from({ length: random.int(0, 5) }, () => {
    const key = random.chance(0.05) ? random.pick(['"__proto__"', '"\\u005f_proto__"']) : stringText(random, KEYS);
    return `${key}${random.chance(0.1) ? ' ' : ''}:${jsonText(random, depth - 1)}`;
  });
  return `{${members.join(',')}}`;
}

function valueText(random: Random, depth: number): string {
  const kind = random.int(depth > 0 ? 0 : 2, 7);
  if (kind === 0) return objectText(random, depth);
  if (kind === 1) return `[${Array.from({ length: random.int(0, 5) }, () => jsonText(random, depth - 1)).join(',')}]`;
  if (kind === 2) return random.pick(['true', 'false', 'null']);
  if (kind === 3) return stringText(random, TEXTS);
  return numberText(random);
}

function stringText(random: Random, texts: readonly string[]): string {
  const text = JSON.stringify(random.pick(texts));
  if (!random.chance(0.1)) return text;
  return text.replace(/[^\\"nu]/g, (character) =>
    [...character].length === 1 && character < '\u{80}'
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      : character,
  );
}
