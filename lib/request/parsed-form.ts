/** A pair of a form, decoded. */
type Pair = readonly [name: string, value: string];
/** How the name of a list is written for one of its items. */
type ListStyle = (name: string, index: number) => string;

const REPEATED: ListStyle = (name) => name;
const BRACKETS: ListStyle = (name) => `${name}[]`;
const INDEXED: ListStyle = (name, index) => `${name}[${index}]`;

/** What the rules of forms escape. */
const OF_FORMS = /[^\w*.-]/g;
/** What clients escape: that, or as `encodeURIComponent` does, with and without brackets, or only what would end a pair. */
const SPELLINGS = [OF_FORMS, /[^\w!'()*.~-]/g, /[^\w!'()*.~[\]-]/g, /[^!"$'()*,\-./:;<>?@\\[\]^_`{|}~\w]/g];

/**
 * Writes what a parser of forms has left as a form again: names and values, in the order of the object.
 *
 * `ids=7&ids=8`, `ids[]=7&ids[]=8` and `ids[0]=7&ids[1]=8` all become one list. Where the form has lists, it is written in the one
 * style that has the length of the body.
 *
 * @param toBytes writes text in the charset of the form
 * @param length of the body as it came; undefined where it is not known
 * @returns undefined where the form cannot be told
 */
export function writeForm(
  body: object,
  toBytes: (text: string) => Buffer,
  length: number | undefined,
): string | undefined {
  const styles = stylesOf(body);
  if (styles === undefined) return undefined;
  const candidates = styles.map((style) => pairsOf(body, style));
  const found =
    candidates.length === 1 ? candidates : candidates.filter((pairs) => mayHaveLength(pairs, toBytes, length));
  const texts = new Set(found.map((pairs) => spell(pairs, toBytes, OF_FORMS)));
  return texts.size === 1 ? [...texts][0] : undefined;
}

/** The styles that its lists may have had; undefined for a list of which nothing would be left. */
function stylesOf(body: object): readonly ListStyle[] | undefined {
  const lists = listsIn(body);
  if (lists.some((list) => list.length === 0)) return undefined;
  // `querystring` makes such objects, and lists only of what was repeated.
  if (lists.length === 0 || Object.getPrototypeOf(body) === null) return [REPEATED];
  return lists.some((list) => list.length === 1) ? [BRACKETS, INDEXED] : [REPEATED, BRACKETS, INDEXED];
}

function listsIn(value: unknown): readonly unknown[][] {
  if (!isNested(value)) return [];
  const inner = Object.values(value).flatMap(listsIn);
  return Array.isArray(value) ? [value, ...inner] : inner;
}

function pairsOf(body: object, style: ListStyle): Pair[] {
  const pairs: Pair[] = [];
  function add(name: string, value: unknown): void {
    if (Array.isArray(value)) {
      // What is nested in a list has to stay together.
      const nameItem = style === REPEATED && value.some(isNested) ? INDEXED : style;
      for (const [index, item] of value.entries()) add(nameItem(name, index), item);
    } else if (isNested(value)) {
      for (const [key, item] of Object.entries(value)) add(`${name}[${key}]`, item);
    } else pairs.push([name, value === undefined || value === null ? '' : String(value)]);
  }
  for (const [name, value] of Object.entries(body)) add(name, value);
  return pairs;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function mayHaveLength(pairs: readonly Pair[], toBytes: (text: string) => Buffer, length: number | undefined): boolean {
  const spaces = pairs.flat().join('').split(' ').length - 1;
  return SPELLINGS.some((escaped) => {
    const shortest = spell(pairs, toBytes, escaped).length;
    return length === shortest || length === shortest + 2 * spaces;
  });
}

function spell(pairs: readonly Pair[], toBytes: (text: string) => Buffer, escaped: RegExp): string {
  function encode(text: string): string {
    const bytes = toBytes(text).toString('latin1').replace(escaped, encodeByte);
    return bytes.replaceAll('%20', '+');
  }
  return pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
}

function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
