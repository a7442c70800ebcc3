import type { Data } from '../proxy.js';
import { toXmlText } from './charset.js';
import type { EncodedBody, Encoding } from './encoding.js';
import { readXml, type XmlElement } from './xml-read.js';
import { writeXml } from './xml-write.js';

function decodeDocument(body: Buffer, contentType?: string): Data {
  const root = readXml(toXmlText(body, contentType));
  const data: Record<string, unknown> = {};
  add(data, root.name, toValue(root));
  return data;
}

function decodeCollection(body: Buffer, contentType?: string): Data {
  return { collection: decodeDocument(body, contentType) };
}

/** Text alone is a string; with attributes or children it is an object, and the text goes under `#text`. */
function toValue({ attributes, children, text }: XmlElement): unknown {
  if (attributes.length === 0 && children.length === 0) return text;
  const data: Record<string, unknown> = {};
  for (const { name, value } of attributes) data[`-${name}`] = value;
  for (const child of children) add(data, child.name, toValue(child));
  if (text !== '') data['#text'] = text;
  return data;
}

/** Siblings of one name make an array. */
function add(data: Record<string, unknown>, name: string, value: unknown): void {
  if (!Object.hasOwn(data, name)) data[name] = value;
  else if (Array.isArray(data[name])) data[name].push(value);
  else data[name] = [data[name], value];
}

function encodeXml(data: Data | null): EncodedBody {
  return { contentType: 'application/xml', body: writeXml(data) };
}

/** The root element becomes the only key; names lose their prefixes, and every value is a text. */
export const xml: Encoding = {
  name: 'xml',
  decoder: (isCollection) => (isCollection ? decodeCollection : decodeDocument),
  encode: encodeXml,
  isWhole: () => true,
  ignoresSpace: true,
};
