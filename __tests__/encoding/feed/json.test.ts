import { describe, expect, test } from 'vitest';
import { JsonNumber } from '../../../lib/core/json-number.js';
import { readJsonFeed } from '../../../lib/encoding/feed/json.js';

describe('readJsonFeed', () => {
  test('reads JSON Feed 1.1', () => {
    const feed = readJsonFeed({
      title: 'T',
      description: 'D',
      language: 'en',
      icon: 'i.png',
      authors: [{ name: 'Ann' }],
      items: [
        {
          id: new JsonNumber('12345678901234567890'),
          url: '/1',
          external_url: '/x',
          title: 'One',
          content_html: '<p/>',
          summary: 's',
          image: 'i.png',
          date_published: '2024-05-01T00:00:00Z',
          tags: ['a', 1, null],
          attachments: [{ url: '/1.mp3', mime_type: 'audio/mpeg', size_in_bytes: 12 }, 'odd'],
        },
        { content_text: 'text', author: { name: 'Bob' } },
        'odd',
      ],
    });
    expect(feed).toMatchObject({
      type: 'json',
      title: 'T',
      description: 'D',
      language: 'en',
      author: { name: 'Ann' },
      image: { url: 'i.png' },
    });
    expect(feed.items).toMatchObject([
      {
        guid: '12345678901234567890',
        links: ['/1', '/x'],
        title: 'One',
        content: '<p/>',
        description: 's',
        image: { url: 'i.png' },
        published: '2024-05-01T00:00:00Z',
        categories: ['a', '1'],
        enclosures: [{ url: '/1.mp3', type: 'audio/mpeg', length: '12' }],
      },
      { content: 'text', author: { name: 'Bob' } },
    ]);
    expect(feed.items).toHaveLength(2);
  });

  test('takes wrong types for nothing', () => {
    expect(readJsonFeed({ items: 'x', title: {}, authors: 1, author: null })).toMatchObject({
      items: [],
      title: undefined,
      author: undefined,
    });
  });
});
