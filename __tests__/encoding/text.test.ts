import { describe, expect, test } from 'vitest';
import { toText } from '../../lib/encoding/text.js';
import { DecodeError } from '../../lib/errors.js';

describe('B07 text', () => {
  test('is UTF-8, of any width', () => {
    for (const text of ['', 'plain', 'é', '日本', '😀', 'a\0b', '\u2028']) expect(toText(Buffer.from(text))).toBe(text);
  });

  test('may begin with one byte order mark, which is dropped; a second one is text', () => {
    expect(toText(Buffer.from('\ufeffé'))).toBe('é');
    expect(toText(Buffer.from('\ufeff'))).toBe('');
    expect(toText(Buffer.from('\ufeff\ufeffa'))).toBe('\ufeffa');
  });

  test.each([
    ['a lone continuation byte', [0x61, 0x80]],
    ['a cut sequence', [0x61, 0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf5, 0x80, 0x80, 0x80]],
    ['Latin-1', [0x63, 0x61, 0x66, 0xe9]],
    ['UTF-16 with its mark', [0xff, 0xfe, 0x7b, 0x00]],
  ])('is refused when it is not UTF-8: %s', (_, bytes) => {
    expect(() => toText(Buffer.from(bytes))).toThrow(DecodeError);
    expect(() => toText(Buffer.from(bytes))).toThrow('it is not valid UTF-8');
  });
});
