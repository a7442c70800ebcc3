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
