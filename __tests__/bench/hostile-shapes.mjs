// The shapes of documents that transformations are measured with: `make(size)` returns what is timed, ready to run.

/** As many pieces as there is place for. */
function repeat(size, piece, before = '', after = '') {
  return before + piece.repeat(Math.max(1, Math.floor((size - before.length - after.length) / piece.length))) + after;
}

/** Pieces that differ, until the size is reached. */
function series(size, pieceOf, before = '', after = '', between = '') {
  const pieces = [];
  let left = size - before.length - after.length;
  for (let index = 0; left > 0; index++) {
    const piece = pieceOf(index);
    pieces.push(piece);
    left -= piece.length + between.length;
  }
  return before + pieces.join(between) + after;
}

const closed = (text) => text.replace(/,([\]}]*)$/, '$1');
const list = (piece) => (size) => closed(repeat(size, `${piece},`, '[', ']'));
const object = (pieceOf) => (size) => series(size, pieceOf, '{', '}', ',');

/** JSON texts by the name of their shape. */
const JSON_TEXTS = {
  records: (size) =>
    series(size, (index) => `{"id":${index},"name":"name ${index}","ok":true,"tags":["a","b"]}`, '[', ']', ','),
  prices: (size) => series(size, (index) => `{"id":${index},"name":"name ${index}","price":19.90}`, '[', ']', ','),
  numbers: list('1'),
  exponents: list('1e1'),
  'distinct fractions': (size) => series(size, (index) => `${index}.10`, '[', ']', ','),
  'long integers': list('12345678901234567890'),
  'one number': (size) => repeat(size, '1', '[', ']'),
  'negative zeros': list('-0'),
  'empty texts': list('""'),
  'empty objects': list('{}'),
  'empty arrays': list('[]'),
  'small objects': list('{"a":1}'),
  'one text': (size) => repeat(size, 'x', '["', '"]'),
  '< in a text': (size) => repeat(size, '<', '["', '"]'),
  'quotes in a text': (size) => repeat(size, '\\"', '["', '"]'),
  'backslashes and an exact number': (size) => repeat(size, '\\\\', '[0.10,"', '"]'),
  'escapes in a text': (size) => repeat(size, '\\u0041', '["', '"]'),
  'numbers in a text': (size) => repeat(size, '1.0,', '["', '"]'),
  'words beyond ASCII': list('"é"'),
  'distinct keys': object((index) => `"key${index}":1`),
  'keys that are numbers': object((index) => `"${index * 7919}":1`),
  'a key many times': object(() => '"a":1'),
  '__proto__ many times': object(() => '"__proto__":1'),
  'distinct keys and an exact number': (size) => series(size, (index) => `"key${index}":1`, '{"x":0.10,', '}', ','),
  deep: list('['.repeat(100) + ']'.repeat(100)),
  'deep objects': list(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`),
  'keys of a long beginning': (size) =>
    series(
      size,
      () =>
        `{${Array.from({ length: 60 }, (_, key) => `"${'k'.repeat(60)}${String(key).padStart(2, '0')}k":1`).join()}}`,
      '{"a":[',
      ']}',
      ',',
    ),
  spaces: (size) => repeat(size, ' ', '[1.0', ']'),
};

const YAML_TEXTS = {
  list: (size) => repeat(size, '- 1\n'),
  keys: (size) => series(size, (index) => `key${index}: 1\n`),
  records: (size) => series(size, (index) => `- id: ${index}\n  name: name ${index}\n  tags: [a, b]\n`),
  flow: list('1'),
  'flow objects': list('{a: 1}'),
  'one text': (size) => repeat(size, 'x', 'a: '),
  'quoted text': (size) => repeat(size, '\\n', 'a: "', '"'),
  'folded text': (size) => repeat(size, '  word\n', 'a: >\n'),
  'plain text of many lines': (size) => repeat(size, '  word\n', 'a:\n'),
  comments: (size) => repeat(size, '# x\n', 'a: 1\n'),
  'empty lines': (size) => repeat(size, '\n', 'a: 1\n'),
  spaces: (size) => repeat(size, ' ', 'a: 1'),
  anchors: (size) => series(size, (index) => `- &a${index} 1\n`),
  aliases: (size) => repeat(size, '- *a\n', '- &a 1\n'),
  'aliases of a list': (size) => repeat(size, '- *a\n', `- &a [${'1, '.repeat(1000)}]\n`),
  'open brackets': (size) => repeat(size, '['),
  'question marks': (size) => repeat(size, '? '),
  dashes: (size) => repeat(size, '- '),
  documents: (size) => repeat(size, '---\na\n'),
  tags: (size) => repeat(size, '- !!str a\n'),
};

const XML_TEXTS = {
  list: (size) => repeat(size, '<i>1</i>', '<a>', '</a>'),
  'empty elements': (size) => repeat(size, '<i/>', '<a>', '</a>'),
  'distinct names': (size) => series(size, (index) => `<k${index}/>`, '<a>', '</a>'),
  attributes: (size) => series(size, (index) => ` k${index}=""`, '<a', '/>'),
  'one text': (size) => repeat(size, 'x', '<a>', '</a>'),
  references: (size) => repeat(size, '&lt;', '<a>', '</a>'),
  'pieces of text': (size) => repeat(size, 'x<i/>', '<a>', '</a>'),
  comments: (size) => repeat(size, '<!---->', '<a>', '</a>'),
  'CDATA sections': (size) => repeat(size, '<![CDATA[]]>', '<a>', '</a>'),
  'spaces in a tag': (size) => repeat(size, ' ', '<a', '/>'),
  'spaces in an end tag': (size) => repeat(size, ' ', '<a></a', '>'),
  'one name': (size) => repeat(Math.floor(size / 2), 'a', '<', '/>'),
  'spaces around text': (size) => repeat(size, ' ', '<a>x', '</a>'),
  deep: (size) => repeat(size, '<d>'.repeat(100) + '</d>'.repeat(100), '<a>', '</a>'),
  'carriage returns': (size) => repeat(size, '\r', '<a>', '</a>'),
  'mixed namespaces': (size) => repeat(size, '<x:y>1</x:y>', '<a>', '</a>'),
};

const channel = (inside) => `<rss version="2.0"><channel><title>t</title>${inside}</channel></rss>`;
const inItem = (textOf) => (size) => channel(`<item>${textOf(size - 80)}</item>`);

const FEED_TEXTS = {
  'RSS items': (size) => channel(repeat(size - 80, '<item><title>t</title><link>l</link></item>')),
  'empty RSS items': (size) => channel(repeat(size - 80, '<item/>')),
  'elements of one item': inItem((size) => repeat(size, '<x/>')),
  'extensions of one item': inItem((size) => series(size, (index) => `<x${index}:y>1</x${index}:y>`)),
  'categories of one item': inItem((size) => repeat(size, '<category>c</category>')),
  'an author without @': inItem((size) => repeat(size, 'x', '<author>', '</author>')),
  'an author of @': inItem((size) => repeat(size, '@', '<author>', '</author>')),
  'an author of spaces': inItem((size) => repeat(size, 'x ', '<author>', '</author>')),
  'a long date': inItem((size) => repeat(size, '1 ', '<pubDate>', '</pubDate>')),
  'Atom entries': (size) => repeat(size, '<entry><link href="l"/></entry>', '<feed>', '</feed>'),
  'links of one entry': (size) => repeat(size, '<link href="l"/>', '<feed><entry>', '</entry></feed>'),
  'JSON items': (size) =>
    closed(repeat(size, '{"id":"1"},', '{"version":"https://jsonfeed.org/version/1.1","items":[', ']}')),
};

function keyed(count, valueOf) {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`id${index}`, valueOf(index)]));
}

/** Two documents of `count` common keys each. */
const PAIRS = {
  'common keys': (count) => [keyed(count, () => 1), keyed(count, () => 2)],
  'maps of common keys': (count) => [{ m: keyed(count, () => ({ a: 1 })) }, { m: keyed(count, () => ({ b: 2 })) }],
  'maps of common keys, other kinds': (count) => [
    { m: keyed(count, () => ({ a: { x: 1 } })) },
    { m: keyed(count, () => ({ a: [1] })) },
  ],
  'arrays under common keys': (count) => [{ m: keyed(count, () => [1]) }, { m: keyed(count, () => [2]) }],
  'long arrays': (count) => [{ m: Array(count).fill(1) }, { m: Array(count).fill(2) }],
  'deep objects': (count) => {
    const deep = (value) => {
      let result = { [value]: value };
      for (let level = 0; level < 100; level++) result = { a: result };
      return result;
    };
    const wide = (value) => keyed(Math.ceil(count / 100), () => deep(value));
    return [{ m: wide('x') }, { m: wide('y') }];
  },
  'one common key in many': (count) => [keyed(count, () => 1), { id0: { a: 1 }, ...keyed(count, () => 2) }],
};

/** `count` elements for the operations on a document. */
const elements = (count) => ({
  list: Array.from({ length: count }, (_, index) => ({ id: index, a: { b: 1, c: [1] } })),
});
const wide = (count) => ({ map: keyed(count, (index) => ({ id: index, a: { b: 1 } })) });

const OPERATIONS = {
  'del list.*.id': [elements, [{ type: 'del', args: ['list.*.id'] }]],
  'del list.*.a.*': [elements, [{ type: 'del', args: ['list.*.a.*'] }]],
  'del list.*': [elements, [{ type: 'del', args: ['list.*'] }]],
  'del map.*': [wide, [{ type: 'del', args: ['map.*'] }]],
  'move list.*.id to list.*.key': [elements, [{ type: 'move', args: ['list.*.id', 'list.*.key'] }]],
  'move list.*.a.b to list.*.b': [elements, [{ type: 'move', args: ['list.*.a.b', 'list.*.b'] }]],
  'move list.*.a.b to all': [elements, [{ type: 'move', args: ['list.*.a.b', 'all'] }]],
  'move list.*.id to list.*.x.y.z': [elements, [{ type: 'move', args: ['list.*.id', 'list.*.x.y.z'] }]],
  'move map.*.id to map.*.key': [wide, [{ type: 'move', args: ['map.*.id', 'map.*.key'] }]],
  'move map.*.a.b to map.*.b': [wide, [{ type: 'move', args: ['map.*.a.b', 'map.*.b'] }]],
  'append list to more': [
    (count) => ({ ...elements(count), more: Array(count).fill(1) }),
    [{ type: 'append', args: ['list', 'more'] }],
  ],
  'twenty operations': [
    elements,
    Array.from({ length: 20 }, (_, index) => ({ type: 'move', args: [`list.*.k${index - 1}`, `list.*.k${index}`] })),
  ],
};

const FORMATS = {
  'allow two of many keys': [(count) => keyed(count, () => 1), { allow: ['id0', 'id1'] }],
  'allow below': [wide, { allow: ['map.id1.a'] }],
  'deny two of many keys': [(count) => keyed(count, () => 1), { deny: ['id0', 'id1'] }],
  'deny below': [wide, { deny: ['map.id1.a.b', 'map.id2'] }],
  'mapping of many keys': [(count) => keyed(count, () => 1), { mapping: { id0: 'a', id1: 'b' } }],
  'target and group': [wide, { target: 'map', group: 'x' }],
};

const MOST_KEYS = 100_000;
const MOST_ELEMENTS = 40_000;
/** What Node lets through of all headers together. */
const MOST_ACCEPT = 16_000;

const ACCEPT = {
  types: (size) => repeat(size, 'a/b,'),
  commas: (size) => repeat(size, ','),
  parameters: (size) => repeat(size, ';q=1', 'a/b'),
  'a long weight': (size) => repeat(size, ' ', 'a/b;q=1', 'x'),
};

/**
 * All shapes, for the functions of the gateway that are to be measured.
 *
 * @param {import('./hostile-shapes.mjs').Transformations} transformations
 * @returns {import('./hostile-shapes.mjs').Shape[]}
 */
export function createShapes({ createEncodings, combiners, createFlatmap, createFormatter, createTextDecoder }) {
  const encodings = createEncodings();
  const encoderOf = (name) => encodings.get(name).encode;
  const decoderOf = (name) => encodings.get(name).decoder(false);
  const decodeAsText = createTextDecoder(decoderOf('json'), { isCollection: false, target: '' });

  const reading = (group, decode, texts) =>
    Object.entries(texts).map(([name, textOf]) => ({
      group,
      name,
      make(size) {
        const body = Buffer.from(textOf(size));
        return () => attempt(() => decode(body));
      },
    }));
  const writing = (group, name, accept) =>
    Object.entries(JSON_TEXTS).map(([shape, textOf]) => ({
      group,
      name: shape,
      async make(size) {
        const data = await decoderOf('json')(Buffer.from(textOf(size)));
        return () => attempt(() => encoderOf(name)(data, { accept }));
      },
    }));

  return [
    ...Object.entries(JSON_TEXTS).map(([name, textOf]) => ({
      group: 'JSON.parse',
      name,
      make(size) {
        const body = Buffer.from(textOf(size));
        return () => JSON.parse(body.toString());
      },
    })),
    ...reading('json', decoderOf('json'), JSON_TEXTS),
    ...reading('json as text', decodeAsText, JSON_TEXTS),
    ...writing('to json', 'json'),
    ...reading('xml', decoderOf('xml'), XML_TEXTS),
    ...writing('to xml', 'xml'),
    ...reading('rss', decoderOf('rss'), FEED_TEXTS),
    ...reading('yaml', decoderOf('yaml'), YAML_TEXTS),
    ...writing('to yaml', 'yaml'),
    ...[...combiners].flatMap(([combiner, combine]) =>
      Object.entries(PAIRS).map(([name, pairOf]) => ({
        group: combiner,
        name,
        most: MOST_KEYS,
        make(count) {
          const parts = pairOf(count);
          return () => attempt(() => combine(parts));
        },
      })),
    ),
    {
      group: 'concat',
      name: 'backends',
      most: 4000,
      make(count) {
        const parts = Array.from({ length: count }, () => ({ m: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] }));
        return () => combiners.get('concat')(parts);
      },
    },
    {
      group: 'deep',
      name: 'backends',
      most: 4000,
      make(count) {
        const parts = Array.from({ length: count }, (_, index) => ({ m: { [`k${index}`]: 1, x: { y: index } } }));
        return () => combiners.get('deep')(parts);
      },
    },
    ...Object.entries(OPERATIONS).map(([name, [documentOf, operations]]) => ({
      group: 'flatmap',
      name,
      most: MOST_ELEMENTS,
      make(count) {
        const [data, flatmap] = [documentOf(count), createFlatmap(operations)];
        return () => flatmap(data);
      },
    })),
    ...Object.entries(FORMATS).map(([name, [documentOf, options]]) => ({
      group: 'format',
      name,
      most: MOST_KEYS,
      make(count) {
        const [data, format] = [documentOf(count), createFormatter(options)];
        return () => format(data);
      },
    })),
    ...Object.entries(ACCEPT).map(([name, acceptOf]) => ({
      group: 'Accept',
      name,
      most: MOST_ACCEPT,
      make(size) {
        const accept = acceptOf(size);
        return () => encoderOf('negotiate')({}, { accept });
      },
    })),
  ];
}

/** What is refused has taken its time as well. */
async function attempt(run) {
  try {
    await run();
  } catch {
    return;
  }
}
