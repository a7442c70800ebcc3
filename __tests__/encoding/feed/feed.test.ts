import { describe, expect, test } from 'vitest';
import { toData } from '../../../lib/encoding/feed/feed.js';

describe('toData', () => {
  test('has all keys of a feed, whatever it lacks', () => {
    expect(toData({ type: 'rss', items: [] })).toEqual({
      items: [],
      author: null,
      categories: null,
      custom: null,
      copyright: '',
      description: '',
      type: 'rss',
      language: '',
      title: '',
      published: '',
      updated: '',
    });
  });

  test('has img_url only where there is an image', () => {
    expect(toData({ type: 'atom', items: [], image: { url: 'u' } })['img_url']).toBe('u');
    expect(toData({ type: 'atom', items: [], image: { title: 't' } })).not.toHaveProperty('img_url');
  });

  test('leaves out what an item lacks', () => {
    const item = {
      title: '',
      links: [],
      author: { name: '', email: undefined },
      custom: {},
      categories: ['a'],
      content: 'c',
    };
    expect(toData({ type: 'rss', items: [item] })['items']).toEqual([{ content: 'c', categories: ['a'] }]);
  });

  test('takes the first link for the link', () => {
    expect(toData({ type: 'rss', items: [{ links: ['a', 'b'] }] })['items']).toEqual([
      { link: 'a', links: ['a', 'b'] },
    ]);
  });

  test.each([
    ['Wed, 01 May 2024 12:00:00 GMT', '2024-05-01T12:00:00Z'],
    ['Wed, 01 May 2024 12:00:00 +0200', '2024-05-01T10:00:00Z'],
    ['01 May 24 12:00 EST', '2024-05-01T17:00:00Z'],
    ['2024-05-01T12:00:00.5Z', '2024-05-01T12:00:00.500Z'],
    ['yesterday', undefined],
  ])('reads the date %s as %s', (published, expected) => {
    const [item] = toData({ type: 'rss', items: [{ published }] })['items'] as Record<string, unknown>[];
    expect(item?.['published']).toBe(published);
    expect(item?.['publishedParsed']).toBe(expected);
  });
});
