import { describe, expect, test } from 'vitest';
import { readRss } from '../../../lib/encoding/feed/rss.js';
import { readXml } from '../../../lib/encoding/xml-read.js';

function read(xml: string) {
  return readRss(readXml(xml));
}

describe('readRss', () => {
  test('reads RSS 2.0 with its usual extensions', () => {
    const feed = read(`<rss version="2.0" xmlns:dc="d" xmlns:itunes="i" xmlns:content="c"><channel>
      <title>News</title><link>http://news.example/</link><description>All of it</description><language>en</language>
      <copyright>us</copyright><managingEditor>ed@news.example (Ed Itor)</managingEditor><category>a</category><category>b</category>
      <pubDate>Wed, 01 May 2024 12:00:00 GMT</pubDate><lastBuildDate>Thu, 02 May 2024 12:00:00 GMT</lastBuildDate>
      <image><url>http://news.example/i.png</url><title>Logo</title></image><own>mine</own>
      <item><title>One</title><link>http://news.example/1</link><description>&lt;p&gt;x&lt;/p&gt;</description>
        <content:encoded><![CDATA[<p>full</p>]]></content:encoded><guid isPermaLink="false">007</guid>
        <pubDate>Wed, 01 May 2024 12:00:00 GMT</pubDate><dc:creator>Ann</dc:creator><category>c</category>
        <enclosure url="http://news.example/1.mp3" length="12" type="audio/mpeg"/><itunes:duration>3:00</itunes:duration>
        <itunes:image href="http://news.example/1.png"/><extra>more</extra></item>
    </channel></rss>`);
    expect(feed).toMatchObject({
      type: 'rss',
      title: 'News',
      description: 'All of it',
      language: 'en',
      copyright: 'us',
      author: { name: 'Ed Itor', email: 'ed@news.example' },
      categories: ['a', 'b'],
      published: 'Wed, 01 May 2024 12:00:00 GMT',
      updated: 'Thu, 02 May 2024 12:00:00 GMT',
      image: { url: 'http://news.example/i.png', title: 'Logo' },
      custom: { own: 'mine' },
    });
    expect(feed.items).toMatchObject([
      {
        title: 'One',
        links: ['http://news.example/1'],
        description: '<p>x</p>',
        content: '<p>full</p>',
        guid: '007',
        published: 'Wed, 01 May 2024 12:00:00 GMT',
        author: { name: 'Ann' },
        categories: ['c'],
        enclosures: [{ url: 'http://news.example/1.mp3', length: '12', type: 'audio/mpeg' }],
        image: { url: 'http://news.example/1.png' },
        dcExt: { creator: ['Ann'] },
        itunesExt: { duration: '3:00', image: 'http://news.example/1.png' },
        custom: { extra: 'more' },
      },
    ]);
    expect(Object.keys(feed.items[0]?.extensions ?? {})).toEqual(['content', 'dc', 'itunes']);
  });

  test('reads RDF, where items and image stand beside the channel', () => {
    const feed = read(`<rdf:RDF xmlns:rdf="r" xmlns="http://purl.org/rss/1.0/" xmlns:dc="d">
      <channel rdf:about="x"><title>T</title><dc:date>2024-05-01</dc:date></channel>
      <image><url>i.png</url></image><item><title>1</title><dc:date>2024-05-02</dc:date></item><item><title>2</title></item></rdf:RDF>`);
    expect(feed).toMatchObject({ title: 'T', updated: '2024-05-01', image: { url: 'i.png' } });
    expect(feed.items.map(({ title, published }) => [title, published])).toEqual([
      ['1', '2024-05-02'],
      ['2', undefined],
    ]);
  });

  test.each([
    ['a@b.example', { name: '', email: 'a@b.example' }],
    ['Ann <a@b.example>', { name: 'Ann', email: 'a@b.example' }],
    ['Ann', { name: 'Ann', email: undefined }],
    ['@ann a@ @ b@@c (Ann)', { name: '@ann a@ @  Ann', email: 'b@@c' }],
    ['', undefined],
  ])('takes the author %j apart', (author, expected) => {
    const [item] = read(
      `<rss><channel><item><author>${author.replace('<', '&lt;')}</author></item></channel></rss>`,
    ).items;
    expect(item?.author).toEqual(expected);
  });

  test('reads a feed that has nothing in it', () => {
    expect(read('<rss/>').items).toEqual([]);
    expect(read('<rss><channel/></rss>')).toMatchObject({ items: [], title: undefined });
  });
});
