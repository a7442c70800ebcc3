import type { Data } from '../../proxy.js';

export interface Person {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

export interface Image {
  readonly url?: string | undefined;
  readonly title?: string | undefined;
}

/** An entry, whatever format it came in; what is empty is left out of the answer. */
export interface FeedItem {
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly content?: string | undefined;
  readonly links?: readonly string[] | undefined;
  readonly updated?: string | undefined;
  readonly published?: string | undefined;
  readonly author?: Person | undefined;
  readonly guid?: string | undefined;
  readonly image?: Image | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly enclosures?: readonly Readonly<Record<'url' | 'length' | 'type', string | undefined>>[] | undefined;
  readonly dcExt?: Data | undefined;
  readonly itunesExt?: Data | undefined;
  readonly extensions?: Data | undefined;
  readonly custom?: Data | undefined;
}

/** A feed, whatever format it came in. */
export interface Feed {
  readonly type: 'rss' | 'atom' | 'json';
  readonly items: readonly FeedItem[];
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly author?: Person | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly copyright?: string | undefined;
  readonly language?: string | undefined;
  readonly published?: string | undefined;
  readonly updated?: string | undefined;
  readonly image?: Image | undefined;
  readonly custom?: Data | undefined;
}

/** The feed under KrakenD's keys: those of the feed are always there, those of an item only when they say something. */
export function toData(feed: Feed): Data {
  const data: Record<string, unknown> = {
    items: feed.items.map(toItem),
    author: orNull(withoutEmpty({ ...feed.author })),
    categories: feed.categories?.length ? feed.categories : null,
    custom: orNull({ ...feed.custom }),
    copyright: feed.copyright ?? '',
    description: feed.description ?? '',
    type: feed.type,
    language: feed.language ?? '',
    title: feed.title ?? '',
    published: feed.published ?? '',
    updated: feed.updated ?? '',
  };
  if (feed.image?.url) data['img_url'] = feed.image.url;
  return data;
}

function toItem(item: FeedItem): Data {
  return withoutEmpty({
    title: item.title,
    description: item.description,
    content: item.content,
    link: item.links?.[0],
    links: item.links,
    updated: item.updated,
    updatedParsed: parseDate(item.updated),
    published: item.published,
    publishedParsed: parseDate(item.published),
    author: item.author && withoutEmpty({ ...item.author }),
    guid: item.guid,
    image: item.image && withoutEmpty({ ...item.image }),
    categories: item.categories,
    enclosures: item.enclosures?.map((enclosure) => withoutEmpty(enclosure)),
    dcExt: item.dcExt,
    itunesExt: item.itunesExt,
    extensions: item.extensions,
    custom: item.custom,
  });
}

function withoutEmpty(data: Data): Data {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(data)) if (!isEmpty(data[key])) result[key] = data[key];
  return result;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : typeof value === 'object' && isBare(value as object);
}

function isBare(value: object): boolean {
  return Object.keys(value).length === 0;
}

function orNull(data: Data): Data | null {
  return isBare(data) ? null : data;
}

/** RFC 3339 in UTC; nothing for what is no date. */
function parseDate(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace('.000Z', 'Z');
}
