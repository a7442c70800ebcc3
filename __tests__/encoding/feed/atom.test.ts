import { describe, expect, test } from 'vitest';
import { readAtom } from '../../../lib/encoding/feed/atom.js';
import { readXml } from '../../../lib/encoding/xml-read.js';

describe('readAtom', () => {
  test('reads Atom 1.0', () => {
    const feed = readAtom(
      readXml(`<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>T</title><subtitle>S</subtitle><rights>R</rights>
      <updated>2024-05-02T00:00:00Z</updated><logo>l.png</logo><author><name>Ann</name><email>a@b.example</email></author>
      <category term="x" label="X"/><own>mine</own>
      <entry><id>urn:1</id><title>One</title><link href="/1"/><link rel="enclosure" href="/1.mp3" length="9" type="audio/mpeg"/>
        <link rel="self" href="/self"/><updated>2024-05-01T00:00:00Z</updated><summary>s</summary>
        <content type="html">&lt;p/&gt;</content><category term="y"/><author><name>Bob</name></author></entry>
      <entry><content src="/body"/><published>2024-04-01T00:00:00Z</published></entry></feed>`),
    );
    expect(feed).toMatchObject({
      type: 'atom',
      title: 'T',
      description: 'S',
      copyright: 'R',
      language: 'en',
      updated: '2024-05-02T00:00:00Z',
      image: { url: 'l.png' },
      author: { name: 'Ann', email: 'a@b.example' },
      categories: ['X'],
      custom: { own: 'mine' },
    });
    expect(feed.items).toMatchObject([
      {
        title: 'One',
        description: 's',
        content: '<p/>',
        links: ['/1'],
        guid: 'urn:1',
        updated: '2024-05-01T00:00:00Z',
        published: '2024-05-01T00:00:00Z',
        author: { name: 'Bob' },
        categories: ['y'],
        enclosures: [{ url: '/1.mp3', length: '9', type: 'audio/mpeg' }],
      },
      { content: '/body', published: '2024-04-01T00:00:00Z', links: [] },
    ]);
  });
});
