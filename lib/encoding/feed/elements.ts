import type { Data } from '../../proxy.js';
import type { XmlElement } from '../xml-read.js';

/** Most items have no element of most kinds. */
const NOTHING: Data = Object.freeze({});

/** Goes by prefixes instead of namespaces: feeds bind the usual ones, or forget to. */
export function childrenNamed(element: XmlElement, name: string, prefix = ''): XmlElement[] {
  return element.children.filter((child) => child.name === name && child.prefix === prefix);
}

export function textOf(element: XmlElement | undefined, name: string, prefix = ''): string | undefined {
  return element?.children.find((child) => child.name === name && child.prefix === prefix)?.text;
}

export function textsOf(element: XmlElement, name: string, prefix = ''): string[] {
  return childrenNamed(element, name, prefix).flatMap(({ text }) => text || []);
}

export function attributeOf(element: XmlElement | undefined, name: string, prefix = ''): string | undefined {
  return element?.attributes.find((attribute) => attribute.name === name && attribute.prefix === prefix)?.value;
}

/** Elements with a prefix: by prefix, then by name, each with its text, attributes and children. */
export function extensionsOf(element: XmlElement): Data {
  const extensions = element.children.filter(({ prefix }) => prefix !== '');
  if (extensions.length === 0) return NOTHING;
  const prefixes = groupBy(extensions, ({ prefix }) => prefix);
  return Object.fromEntries(Array.from(prefixes, ([prefix, children]) => [prefix, toExtensions(children)]));
}

/** One call for each level: an element may be nested as deeply as a document may be. */
function toExtensions(elements: readonly XmlElement[]): Data {
  const extensions: Record<string, Data[]> = {};
  for (const [name, group] of groupBy(elements, nameOf)) {
    const list: Data[] = [];
    for (const element of group) {
      const attrs: Record<string, unknown> = {};
      for (const attribute of element.attributes) attrs[attribute.name] = attribute.value;
      list.push({ name, value: element.text, attrs, children: toExtensions(element.children) });
    }
    extensions[name] = list;
  }
  return extensions;
}

function nameOf({ name }: XmlElement): string {
  return name;
}

/** The texts of the children with one prefix, by name. */
export function textsByName(element: XmlElement, prefix: string): Data {
  const children = element.children.filter((child) => child.prefix === prefix && child.text !== '');
  if (children.length === 0) return NOTHING;
  const names = groupBy(children, ({ name }) => name);
  return Object.fromEntries(Array.from(names, ([name, group]) => [name, group.map(({ text }) => text)]));
}

function groupBy(elements: readonly XmlElement[], keyOf: (element: XmlElement) => string): Map<string, XmlElement[]> {
  const groups = new Map<string, XmlElement[]>();
  for (const element of elements) {
    const group = groups.get(keyOf(element));
    if (group) group.push(element);
    else groups.set(keyOf(element), [element]);
  }
  return groups;
}

/** The texts of the children that no format knows. */
export function customOf(element: XmlElement, known: ReadonlySet<string>): Data {
  const custom = element.children.filter(({ prefix, name, text }) => prefix === '' && !known.has(name) && text !== '');
  return custom.length === 0 ? NOTHING : Object.fromEntries(custom.map(({ name, text }) => [name, text]));
}
