import { describe, expect, test } from 'vitest';
import { xml } from '../../lib/encoding/xml.js';
import { describeEncoding } from '../contracts/encoding.js';

describeEncoding(xml, {
  decodes: [
    ['<foo>42</foo>', { foo: '42' }],
    ['<foo/>', { foo: '' }],
    [
      '<u:user xmlns:u="urn:x" type="admin"><id>007</id><long>12345678901234567890</long><tag>a</tag><tag>b</tag><e></e></u:user>',
      { user: { '-u': 'urn:x', '-type': 'admin', id: '007', long: '12345678901234567890', tag: ['a', 'b'], e: '' } },
    ],
    ['<a x="1"> text <b>c</b></a>', { a: { '-x': '1', b: 'c', '#text': 'text' } }],
    ['<a><b><c>1</c></b><b/><b>2</b></a>', { a: { b: [{ c: '1' }, '', '2'] } }],
    [
      '<a><constructor>1</constructor><toString>2</toString><valueOf/></a>',
      { a: { constructor: '1', toString: '2', valueOf: '' } },
    ],
    ['<!DOCTYPE a SYSTEM "a.dtd"><a>1</a>', { a: '1' }],
    ['<constructor><prototype>1</prototype></constructor>', { constructor: { prototype: '1' } }],
  ],
  refuses: [
    ['', 'nothing'],
    ['{"token":1}', 'token'],
    ['<token>', 'token'],
    ['<!DOCTYPE token [<!ENTITY token "token">]><a/>', 'token'],
    ['<!doctype html><html><body>token</body></html>', 'token'],
  ],
  encodes: [
    [{ foo: 42 }, '<foo>42</foo>'],
    [{ a: 1, b: { '-c': 2, '#text': 'x' } }, '<doc><a>1</a><b c="2">x</b></doc>'],
    [null, '<doc/>'],
  ],
  contentType: 'application/xml',
});

describe('xml', () => {
  test('is_collection puts the document under collection', () => {
    expect(xml.decoder?.(true)(Buffer.from('<r><i>1</i></r>'))).toEqual({ collection: { r: { i: '1' } } });
  });

  test('what was read is written again, attributes and all', async () => {
    const text = '<user type="admin"><id>007</id><tag>a</tag><tag>b &amp; c</tag><empty/></user>';
    const data = await xml.decoder?.(false)(Buffer.from(text));
    expect((await xml.encode?.(data ?? null, { accept: undefined }))?.body).toBe(text);
  });
});
