import type { XmlElement } from '../xml-read.js';
import { attributeOf, childrenNamed, customOf, extensionsOf, textOf, textsByName, textsOf } from './elements.js';
import type { Feed, FeedItem, Image, Person } from './feed.js';

const CHANNEL = new Set(
  (
    'title link description language copyright managingEditor webMaster pubDate lastBuildDate category generator docs ' +
    'cloud ttl image rating textInput skipHours skipDays item items'
  ).split(' '),
);
const ITEM = new Set('title link description author category comments enclosure guid pubDate source'.split(' '));

/** What no address has in it. */
const BETWEEN = /[\s<>()]/;

/** RSS 0.9 to 2.0 and RDF: in the latter, and in RSS 0.9, the items are beside the channel. */
export function readRss(root: XmlElement): Feed {
  const [channel] = childrenNamed(root, 'channel');
  const items = [...(channel ? childrenNamed(channel, 'item') : []), ...childrenNamed(root, 'item')];
  const common = { type: 'rss', items: items.map(readItem) } as const;
  if (!channel) return common;
  return {
    ...common,
    title: textOf(channel, 'title') ?? textOf(channel, 'title', 'dc'),
    description: textOf(channel, 'description') || textOf(channel, 'subtitle', 'itunes'),
    author: personOf(
      textOf(channel, 'managingEditor') ??
        textOf(channel, 'webMaster') ??
        textOf(channel, 'creator', 'dc') ??
        textOf(channel, 'author', 'itunes'),
    ),
    categories: [...textsOf(channel, 'category'), ...textsOf(channel, 'subject', 'dc')],
    copyright: textOf(channel, 'copyright') ?? textOf(channel, 'rights', 'dc'),
    language: textOf(channel, 'language') ?? textOf(channel, 'language', 'dc'),
    published: textOf(channel, 'pubDate') ?? textOf(channel, 'date', 'dc'),
    updated: textOf(channel, 'lastBuildDate') ?? textOf(channel, 'date', 'dc'),
    image: imageOf(channel) ?? imageOf(root),
    custom: customOf(channel, CHANNEL),
  };
}

function readItem(item: XmlElement): FeedItem {
  return {
    title: textOf(item, 'title') ?? textOf(item, 'title', 'dc'),
    description: textOf(item, 'description') ?? textOf(item, 'description', 'dc'),
    content: textOf(item, 'encoded', 'content'),
    links: textsOf(item, 'link'),
    updated: textOf(item, 'date', 'dc'),
    published: textOf(item, 'pubDate') ?? textOf(item, 'date', 'dc'),
    author: personOf(textOf(item, 'author') ?? textOf(item, 'creator', 'dc') ?? textOf(item, 'author', 'itunes')),
    guid: textOf(item, 'guid'),
    image: imageOf(item),
    categories: [...textsOf(item, 'category'), ...textsOf(item, 'subject', 'dc')],
    enclosures: childrenNamed(item, 'enclosure').map((enclosure) => ({
      url: attributeOf(enclosure, 'url'),
      length: attributeOf(enclosure, 'length'),
      type: attributeOf(enclosure, 'type'),
    })),
    dcExt: textsByName(item, 'dc'),
    itunesExt: itunesOf(item),
    extensions: extensionsOf(item),
    custom: customOf(item, ITEM),
  };
}

function imageOf(element: XmlElement): Image | undefined {
  const [image] = childrenNamed(element, 'image');
  const url = textOf(image, 'url');
  if (url) return { url, title: textOf(image, 'title') };
  const [artwork] = childrenNamed(element, 'image', 'itunes');
  const href = attributeOf(artwork, 'href');
  return href ? { url: href } : undefined;
}

function itunesOf(item: XmlElement): Record<string, string> {
  const texts = item.children.filter(({ prefix, text }) => prefix === 'itunes' && text !== '');
  const image = imageOf(item)?.url;
  return { ...Object.fromEntries(texts.map(({ name, text }) => [name, text])), ...(image && { image }) };
}

/** `editor@example.com (Name)`, `Name <editor@example.com>`, or either alone. */
function personOf(text: string | undefined): Person | undefined {
  if (!text) return undefined;
  const email = emailOf(text);
  const name = (email ? text.replace(email, '') : text).replace(/[<>()]/g, '').trim();
  return { name, email };
}

/** The first word with an `@` inside; by hand, since a pattern would take the square of a long word's length. */
function emailOf(text: string): string | undefined {
  let end = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', end)) {
    let start = at;
    while (start > end && !BETWEEN.test(text.charAt(start - 1))) start -= 1;
    end = at + 1;
    while (end < text.length && !BETWEEN.test(text.charAt(end))) end += 1;
    const last = text.lastIndexOf('@', end - 2);
    if (last > start) return text.slice(start, end);
  }
  return undefined;
}
