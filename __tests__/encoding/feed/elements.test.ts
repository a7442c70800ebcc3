import { describe, expect, test } from 'vitest';
import {
  attributeOf,
  childrenNamed,
  customOf,
  extensionsOf,
  textOf,
  textsByName,
  textsOf,
} from '../../../lib/encoding/feed/elements.js';
import { readXml } from '../../../lib/encoding/xml-read.js';

const ITEM = readXml(
  '<item xml:lang="en" lang="de"><title>a</title><dc:title>b</dc:title><title>c</title><empty/>' +
    '<media:group><media:content url="u" medium="image">t</media:content></media:group><dc:title>d</dc:title><odd>e</odd></item>',
);

describe('elements', () => {
  test('are found by name and prefix', () => {
    expect(childrenNamed(ITEM, 'title').map(({ text }) => text)).toEqual(['a', 'c']);
    expect(textOf(ITEM, 'title')).toBe('a');
    expect(textOf(ITEM, 'title', 'dc')).toBe('b');
    expect(textOf(ITEM, 'nothing')).toBeUndefined();
    expect(textOf(undefined, 'title')).toBeUndefined();
    expect(textsOf(ITEM, 'title', 'dc')).toEqual(['b', 'd']);
    expect(textsOf(ITEM, 'empty')).toEqual([]);
  });

  test('have attributes by name and prefix', () => {
    expect(attributeOf(ITEM, 'lang')).toBe('de');
    expect(attributeOf(ITEM, 'lang', 'xml')).toBe('en');
    expect(attributeOf(undefined, 'lang')).toBeUndefined();
  });

  test('with a prefix are extensions, by prefix and name', () => {
    expect(extensionsOf(ITEM)).toEqual({
      dc: {
        title: [
          { name: 'title', value: 'b', attrs: {}, children: {} },
          { name: 'title', value: 'd', attrs: {}, children: {} },
        ],
      },
      media: {
        group: [
          {
            name: 'group',
            value: '',
            attrs: {},
            children: {
              content: [{ name: 'content', value: 't', attrs: { url: 'u', medium: 'image' }, children: {} }],
            },
          },
        ],
      },
    });
    expect(textsByName(ITEM, 'dc')).toEqual({ title: ['b', 'd'] });
  });

  test('that nobody knows are custom', () => {
    expect(customOf(ITEM, new Set(['title']))).toEqual({ odd: 'e' });
  });
});
