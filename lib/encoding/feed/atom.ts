import type { XmlElement } from '../xml-read.js';
import { attributeOf, childrenNamed, customOf, extensionsOf, textOf, textsByName, textsOf } from './elements.js';
import type { Feed, FeedItem, Person } from './feed.js';

const FEED = new Set(
  'title id updated subtitle link generator icon logo rights contributor author category entry'.split(' '),
);
const ENTRY = new Set(
  'title id updated published summary content link author contributor category rights source'.split(' '),
);

/** Atom 1.0. */
export function readAtom(root: XmlElement): Feed {
  const image = textOf(root, 'logo') || textOf(root, 'icon');
  return {
    type: 'atom',
    items: childrenNamed(root, 'entry').map(readEntry),
    title: textOf(root, 'title'),
    description: textOf(root, 'subtitle'),
    author: authorOf(root),
    categories: categoriesOf(root),
    copyright: textOf(root, 'rights'),
    language: attributeOf(root, 'lang', 'xml'),
    published: textOf(root, 'published'),
    updated: textOf(root, 'updated'),
    image: image ? { url: image } : undefined,
    custom: customOf(root, FEED),
  };
}

function readEntry(entry: XmlElement): FeedItem {
  const links = childrenNamed(entry, 'link');
  const updated = textOf(entry, 'updated');
  const [content] = childrenNamed(entry, 'content');
  return {
    title: textOf(entry, 'title'),
    description: textOf(entry, 'summary'),
    content: content?.text || attributeOf(content, 'src'),
    links: links.filter((link) => relationOf(link) === 'alternate').flatMap((link) => attributeOf(link, 'href') ?? []),
    updated,
    published: textOf(entry, 'published') ?? updated,
    author: authorOf(entry),
    guid: textOf(entry, 'id'),
    categories: categoriesOf(entry),
    enclosures: links
      .filter((link) => relationOf(link) === 'enclosure')
      .map((link) => ({
        url: attributeOf(link, 'href'),
        length: attributeOf(link, 'length'),
        type: attributeOf(link, 'type'),
      })),
    dcExt: textsByName(entry, 'dc'),
    extensions: extensionsOf(entry),
    custom: customOf(entry, ENTRY),
  };
}

function relationOf(link: XmlElement): string {
  return attributeOf(link, 'rel') ?? 'alternate';
}

function authorOf(element: XmlElement): Person | undefined {
  const [author] = childrenNamed(element, 'author');
  if (author) return { name: textOf(author, 'name'), email: textOf(author, 'email') };
  const [creator] = textsOf(element, 'creator', 'dc');
  return creator ? { name: creator } : undefined;
}

function categoriesOf(element: XmlElement): string[] {
  return childrenNamed(element, 'category').flatMap(
    (category) => attributeOf(category, 'label') || attributeOf(category, 'term') || [],
  );
}
