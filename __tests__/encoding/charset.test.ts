import { describe, expect, test } from 'vitest';
import { toXmlText } from '../../lib/encoding/charset.js';
import { DecodeError } from '../../lib/errors.js';

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

describe('B07 the text of XML', () => {
  test('is UTF-8 unless it says otherwise', () => {
    expect(toXmlText(Buffer.from('<a>é</a>'))).toBe('<a>é</a>');
    expect(toXmlText(Buffer.from('\ufeff<a>é</a>'))).toBe('<a>é</a>');
    expect(toXmlText(Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>é</a>'))).toContain('<a>é</a>');
    expect(() => toXmlText(latin1('<a>é</a>'))).toThrow(DecodeError);
  });

  test.each(['ISO-8859-1', 'iso-8859-15', 'windows-1252', 'latin1'])('is %s where it is declared', (charset) => {
    expect(toXmlText(latin1(`<?xml version='1.0' encoding='${charset}' ?><a>caf\xe9</a>`))).toContain('<a>café</a>');
  });

  test.each(['ISO-8859-1', 'windows-1252', 'cp1252', 'latin1'])(
    'has the quotes and the euro of windows-1252 where %s is declared, on every Node',
    (charset) => {
      const bytes = latin1(`<?xml version="1.0" encoding="${charset}"?><a>\x80 \x93\x96\x94 \x9f\x81\xa4\xff</a>`);
      expect(toXmlText(bytes)).toContain('<a>€ “–” Ÿ\x81¤ÿ</a>');
    },
  );

  test.each([
    ['windows-1251', '\xcf\xf0', 'Пр'],
    ['iso-8859-15', '\xa4', '€'],
    ['koi8-r', '\xf0', 'П'],
    ['shift_jis', '\x93\xfa', '日'],
  ])('is %s where it is declared, on every Node', (charset, bytes, text) => {
    expect(toXmlText(latin1(`<?xml version="1.0" encoding="${charset}"?><a>${bytes}</a>`))).toContain(`<a>${text}</a>`);
  });

  test.each([
    ['text/xml; charset=windows-1252', '<a>\x80</a>', '<a>€</a>'],
    ['text/xml;q=1 ; Charset = "iso-8859-1"', '<a>\xe9</a>', '<a>é</a>'],
    ['text/xml', '<a>\xc3\xa9</a>', '<a>é</a>'],
    ['text/xml; charset=iso-8859-1', '\xef\xbb\xbf<a>\xc3\xa9</a>', '<a>é</a>'],
  ])('is what its Content-Type says, unless a byte order mark does: %s', (contentType, bytes, text) => {
    expect(toXmlText(latin1(bytes), contentType)).toBe(text);
  });

  test.each([
    ['utf-8', 'windows-1252', '\x80', '€'],
    ['utf-8', 'windows-1252', '\xc3\xa9', 'é'],
    ['iso-8859-1', 'utf-8', '\xc3\xa9', 'é'],
    ['iso-8859-1', 'utf-8', '\xe9', 'é'],
    ['windows-1251', 'koi8-r', '\xcf', 'П'],
  ])('told as %s and declared as %s is what its bytes can be, else what it was told', (told, declared, bytes, text) => {
    const xml = latin1(`<?xml version="1.0" encoding="${declared}"?><a>${bytes}</a>`);
    expect(toXmlText(xml, `text/xml; charset=${told}`)).toContain(`<a>${text}</a>`);
  });

  test('is UTF-16 where its byte order mark says so', () => {
    const little = Buffer.from('\ufeff<a>é</a>', 'utf16le');
    expect(toXmlText(little)).toBe('<a>é</a>');
    expect(toXmlText(Buffer.from(little).swap16())).toBe('<a>é</a>');
  });

  test('is refused where it is not what it declares, or nobody knows that', () => {
    expect(() => toXmlText(latin1('<?xml version="1.0" encoding="utf-8"?><a>\xe9</a>'))).toThrow(
      'it is not valid UTF-8',
    );
    expect(() => toXmlText(Buffer.from('<?xml version="1.0" encoding="x-klingon"?><a/>'))).toThrow(
      'it is not in the character set that it declares',
    );
  });
});
