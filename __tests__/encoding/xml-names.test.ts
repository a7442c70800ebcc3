import { expect, test } from 'vitest';
import { FORBIDDEN, NAME_PART, NAME_START } from '../../lib/encoding/xml-names.js';

const NAME = new RegExp(`^[${NAME_START}][${NAME_PART}]*$`, 'u');

test.each(['a', '_', 'A-1.b', 'é', 'Ωμέγα', '日本', 'a\u0301', 'x\u{10000}', 'a·b'])('%s is a name', (name) => {
  expect(NAME.test(name)).toBe(true);
});

test.each(['', '1', '-a', '.a', 'a b', 'a<', 'a&', 'a:b', '\u0301a', '×', '÷', 'a\0', '😀'.slice(0, 1), 'a"', 'a/'])(
  '%j is none',
  (name) => {
    expect(NAME.test(name)).toBe(false);
  },
);

test('control characters are forbidden, white space is not', () => {
  for (const character of ['\0', '\x08', '\x0b', '\x1f', '\ufffe', '\uffff'])
    expect(FORBIDDEN.test(character)).toBe(true);
  for (const character of ['\t', '\n', '\r', ' ', '\x7f', '\ufffd']) expect(FORBIDDEN.test(character)).toBe(false);
});
