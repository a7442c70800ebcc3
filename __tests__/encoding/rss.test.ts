import { expect, test } from 'vitest';
import { stringifyJson } from '../../lib/core/json-number.js';
import { rss } from '../../lib/encoding/rss.js';
import { describeEncoding } from '../contracts/encoding.js';
import { describeGrowth } from '../support/growth.js';

const EMPTY = {
  author: null,
  categories: null,
  custom: null,
  copyright: '',
  description: '',
  language: '',
  title: '',
  published: '',
  updated: '',
};

describeEncoding(rss, {
  decodes: [
    [
      '<rss version="2.0"><channel><title>T&nbsp;&amp;</title><item><title>1</title></item></channel></rss>',
      { ...EMPTY, type: 'rss', title: 'T&nbsp;&', items: [{ title: '1' }] },
    ],
    [
      '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title></feed>',
      { ...EMPTY, type: 'atom', title: 'T', items: [] },
    ],
    [
      ' {"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1"}]}',
      { ...EMPTY, type: 'json', title: 'T', items: [{ guid: '1' }] },
    ],
  ],
  refuses: [
    ['', 'nothing'],
    ['<html><body>token</body></html>', 'token'],
    ['{"token":1}', 'token'],
    ['{"version":"https://jsonfeed.org/version/1.1","token', 'token'],
    ['<!DOCTYPE rss [<!ENTITY token "x">]><rss/>', 'token'],
    ['<rss><token></rss>', 'token'],
  ],
  encodes: [],
});

test('RSS 0.91 with its DOCTYPE is read, in the character set that the answer says', () => {
  const text =
    '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">' +
    '<rss version="0.91"><channel><title>\x93caf\xe9\x94</title></channel></rss>';
  const decode = rss.decoder?.(false);
  expect(decode?.(Buffer.from(text, 'latin1'), 'text/xml; charset=ISO-8859-1')).toMatchObject({ title: '“café”' });
});

test('B06 names of prototypes in a feed harm nobody', () => {
  const data = rss.decoder?.(false)(
    Buffer.from(
      '<rss><channel><constructor>1</constructor><item><__proto__>x</__proto__><a:__proto__ polluted="1"/><toString>2</toString></item></channel></rss>',
    ),
  );
  expect(stringifyJson(data)).not.toContain('__proto__');
  expect(data).toMatchObject({ custom: { constructor: '1' }, items: [{ custom: { toString: '2' } }] });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

describeGrowth('rss');
