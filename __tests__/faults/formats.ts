import { type Node, objectNode, toNode } from './json-text.js';
import { NUMBERS, type PayloadContext } from './payload.js';

/** A document as a backend writes it, and what it says: drawn together, so that the lab has to read none of these formats. */
export interface Document {
  readonly text: string;
  readonly node: Node;
}

const WORDS = ['snow', 'größe', '日本語', '\u{1f600}', 'a"b', "it's", 'a<b&c>d', 'x'.repeat(200), '007', 'yes', '~'];
const OWN_NUMBERS = NUMBERS.filter((text) => !/^-?0$/.test(text));

function drawItems({ random, bulk = 0 }: PayloadContext): { id: string; word: string }[] {
  return Array.from({ length: random.int(1, 4) + bulk }, (_, index) => ({
    id: String(index).padStart(3, '0'),
    word: random.pick(WORDS),
  }));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

export function textDocument({ token, role, random }: PayloadContext): Document {
  const text = `${token};${role};${random.pick(WORDS)};\u2028</script>;${random.hex(random.int(1, 400))};${token}`;
  return { text, node: toNode({ content: text }) };
}

/** With what XML lets a writer choose: a prolog, comments, CDATA, either quote, references. */
export function xmlDocument(context: PayloadContext): Document {
  const { token, role, random } = context;
  const items = drawItems(context);
  const number = random.pick(NUMBERS);
  const lines = items.map(function line({ id, word }) {
    const body = random.chance(0.3) ? `<![CDATA[${word}]]>` : escapeXml(word);
    return `<item id='${id}'>${random.chance(0.2) ? `<!-- ${id} -->` : ''}${body}</item>`;
  });
  const prolog = random.pick(['', '<?xml version="1.0" encoding="UTF-8"?>\n', '<!-- a page -->']);
  const text = `${prolog}<page xmlns:l="urn:lab" n="${number}">\n <l:tok>${token}</l:tok>\n <be>&#${role.charCodeAt(0)};${role.slice(1)}</be>\n ${lines.join('\n ')}\n</page>\n`;
  const node = toNode({
    page: {
      '-l': 'urn:lab',
      '-n': number,
      tok: token,
      be: role,
      item: items.length === 1 ? itemOf(items[0]) : items.map(itemOf),
    },
  });
  return { text, node };
}

function itemOf(item: { id: string; word: string } | undefined): object {
  return { '-id': item?.id, '#text': item?.word };
}

/** XML of a document as the gateway documents it: keys with `-` are attributes, lists are repeated elements. */
export function printXml(node: Node): string {
  if (node.kind !== 'object') return '<doc/>';
  const [first] = node.members;
  if (!first || node.members.size > 1 || isList(first[1])) return printElement('doc', node);
  return printElement(first[0], first[1]);
}

function printElement(name: string, node: Node): string {
  let attributes = '';
  let content = '';
  if (node.kind === 'object') {
    for (const [key, value] of node.members) {
      if (key.startsWith('-')) attributes += ` ${key.slice(1)}="${escapeXml(scalar(value)).replaceAll('"', '&quot;')}"`;
      else if (key === '#text') content += escapeXml(scalar(value));
      else if (isList(value)) content += value.items.map((item) => printElement(key, item)).join('');
      else content += printElement(key, value);
    }
  } else {
    content = escapeXml(scalar(node));
  }
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

/** An empty one is written as an empty element. */
function isList(node: Node): node is Extract<Node, { kind: 'array' }> {
  return node.kind === 'array' && node.items.length > 0;
}

function scalar(node: Node): string {
  if (node.kind === 'string') return node.value;
  return node.kind === 'raw' && node.text !== 'null' ? node.text : '';
}

/** Block style, flow style, an anchor with its alias, and numbers that no float can hold. */
export function yamlDocument(context: PayloadContext): Document {
  const { token, role, random } = context;
  const items = drawItems(context);
  const numbers = items.map(() => random.pick(OWN_NUMBERS));
  const lines = items.map(({ word }, index) => `  - w: ${JSON.stringify(word)}\n    n: ${numbers[index]}`);
  const text = `${random.pick(['', '---\n', '# a page\n'])}tok: ${token}\nbe: "${role}"\nplain: yes\nlist:\n${lines.join('\n')}\nanchor: &a {k: 1, l: [x, "007"]}\nalias: *a\nfolded: >-\n  two\n  lines\n`;
  const list: Node = {
    kind: 'array',
    items: items.map(({ word }, index) =>
      objectNode([
        ['w', toNode(word)],
        ['n', { kind: 'raw', text: numbers[index] as string }],
      ]),
    ),
  };
  const anchor = toNode({ k: 1, l: ['x', '007'] });
  const node = objectNode([
    ['tok', toNode(token)],
    ['be', toNode(role)],
    ['plain', toNode('yes')],
    ['list', list],
    ['anchor', anchor],
    ['alias', anchor],
    ['folded', toNode('two lines')],
  ]);
  return { text, node };
}

export function rssDocument(context: PayloadContext): Document {
  const { token, role } = context;
  const items = drawItems(context);
  const written = items.map(
    ({ id, word }) =>
      `<item><title>${escapeXml(word)}</title><link>http://feed.example/${id}</link><guid>${id}</guid></item>`,
  );
  const text = `<?xml version="1.0"?><rss version="2.0"><channel><title>${token}</title><description>${role}&nbsp;</description>${written.join('')}</channel></rss>`;
  const node = toNode({
    items: items.map(({ id, word }) => {
      const link = `http://feed.example/${id}`;
      return { title: word, link, links: [link], guid: id };
    }),
    author: null,
    categories: null,
    custom: null,
    copyright: '',
    description: `${role}&nbsp;`,
    type: 'rss',
    language: '',
    title: token,
    published: '',
    updated: '',
  });
  return { text, node };
}
