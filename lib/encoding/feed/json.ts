import { isObject } from '../../core/data.js';
import { isJsonNumber } from '../../core/json-number.js';
import type { Data } from '../../proxy.js';
import type { Feed, FeedItem, Person } from './feed.js';

/** JSON Feed 1.0 and 1.1. */
export function readJsonFeed(data: Data): Feed {
  const image = textAt(data, 'icon') || textAt(data, 'favicon');
  return {
    type: 'json',
    items: listAt(data, 'items').map(readItem),
    title: textAt(data, 'title'),
    description: textAt(data, 'description'),
    author: authorOf(data),
    language: textAt(data, 'language'),
    image: image ? { url: image } : undefined,
  };
}

function readItem(item: Data): FeedItem {
  const image = textAt(item, 'image');
  return {
    title: textAt(item, 'title'),
    description: textAt(item, 'summary'),
    content: textAt(item, 'content_html') || textAt(item, 'content_text'),
    links: [textAt(item, 'url'), textAt(item, 'external_url')].flatMap((link) => link || []),
    updated: textAt(item, 'date_modified'),
    published: textAt(item, 'date_published'),
    author: authorOf(item),
    guid: textAt(item, 'id'),
    image: image ? { url: image } : undefined,
    categories: valuesAt(item, 'tags').flatMap((tag) => toText(tag) || []),
    enclosures: listAt(item, 'attachments').map((attachment) => ({
      url: textAt(attachment, 'url'),
      length: textAt(attachment, 'size_in_bytes'),
      type: textAt(attachment, 'mime_type'),
    })),
  };
}

/** Version 1.0 has one author, 1.1 a list. */
function authorOf(data: Data): Person | undefined {
  const [first] = listAt(data, 'authors');
  const author = first ?? (Object.hasOwn(data, 'author') ? data['author'] : undefined);
  return isObject(author) ? { name: textAt(author, 'name') } : undefined;
}

function valuesAt(data: Data, key: string): readonly unknown[] {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  return Array.isArray(value) ? value : [];
}

function listAt(data: Data, key: string): Data[] {
  return valuesAt(data, key).filter(isObject);
}

function textAt(data: Data, key: string): string | undefined {
  return Object.hasOwn(data, key) ? toText(data[key]) : undefined;
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || isJsonNumber(value) ? String(value) : undefined;
}
