import { XMLParser } from 'fast-xml-parser';
import { describe, expect, test } from 'vitest';
import { readXml } from '../../lib/encoding/xml-read.js';
import { DecodeError } from '../../lib/errors.js';
import { createRandom, type Random } from '../faults/random.js';
import { describeGrowth } from '../support/growth.js';

describe('well-formed documents', () => {
  test('become elements with prefixes, attributes, children and text', () => {
    const root = readXml(
      '<?xml version="1.0"?>\n<!-- a -->\n<s:user xmlns:s="urn:x" s:id = "007"\n name=\'A "b"\'> hi <b/>\r\n<?pi x?><!-- < -->there </s:user>\n<!-- b -->',
    );
    expect(root).toEqual({
      prefix: 's',
      name: 'user',
      attributes: [
        { prefix: 'xmlns', name: 's', value: 'urn:x' },
        { prefix: 's', name: 'id', value: '007' },
        { prefix: '', name: 'name', value: 'A "b"' },
      ],
      children: [{ prefix: '', name: 'b', attributes: [], children: [], text: '' }],
      text: 'hi \nthere',
    });
  });

  test.each([
    ['<a>&lt;&gt;&amp;&quot;&apos;</a>', '<>&"\''],
    ['<a>&#65;&#x42;&#x1F600;</a>', 'AB😀'],
    ['<a>&amp;lt;</a>', '&lt;'],
    ['<a><![CDATA[<b>&amp;]]]]><![CDATA[>]]></a>', '<b>&amp;]]>'],
    ['<a>  \n\t</a>', ''],
    ['<a>\u00a0x\u00a0</a>', '\u00a0x\u00a0'],
    ['<a>x > y ]]</a>', 'x > y ]]'],
  ])('%s has the text %j', (xml, text) => {
    expect(readXml(xml).text).toBe(text);
  });

  test('attributes keep their white space and take references', () => {
    expect(readXml('<a b=" x &lt;&#10; "/>').attributes[0]?.value).toBe(' x <\n ');
  });

  test('equal what fast-xml-parser reads, at random', () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '-',
      parseTagValue: false,
      trimValues: false,
      alwaysCreateTextNode: true,
      preserveOrder: true,
    });
    const random = createRandom(8);
    for (let turn = 0; turn < 2_000; turn++) {
      const xml = randomElement(random, 4);
      expect(simplify(readXml(xml)), xml).toEqual(fromOrdered(parser.parse(xml)[0]));
    }
  });

  type Simple = { name: string; attributes: Record<string, string>; children: Simple[] };

  function simplify({ name, attributes, children }: ReturnType<typeof readXml>): Simple {
    return {
      name,
      attributes: Object.fromEntries(attributes.map((attribute) => [attribute.name, attribute.value])),
      children: children.map(simplify),
    };
  }

  function fromOrdered(node: Record<string, unknown>): Simple {
    const name = Object.keys(node).find((key) => key !== ':@') ?? '';
    const attributes = Object.entries((node[':@'] as Record<string, string> | undefined) ?? {});
    return {
      name,
      attributes: Object.fromEntries(attributes.map(([key, value]) => [key.slice(1), value])),
      children: (node[name] as Record<string, unknown>[]).filter((child) => !('#text' in child)).map(fromOrdered),
    };
  }

  function randomElement(random: Random, depth: number): string {
    const name = random.pick(['a', 'b-c', 'item', 'é', '_1']);
    const attributes = random.chance(0.4)
      ? ` x="${random.pick(['1', 'a b', '&lt;', "'"])}" y='${random.pick(['', '007'])}'`
      : '';
    if (random.chance(0.2)) return `<${name}${attributes}/>`;
    const parts = Array.from({ length: depth > 0 ? random.int(0, 3) : 0 }, () =>
      random.chance(0.3)
        ? random.pick(['text', ' ', '<!-- c -->', '<![CDATA[x<]]>', '&amp;'])
        : randomElement(random, depth - 1),
    );
    return `<${name}${attributes}>${parts.join('')}</${name}${random.chance(0.1) ? ' ' : ''}>`;
  }
});

describe('B08 documents that are not', () => {
  test.each([
    ['', 'it ends too soon'],
    ['text', 'text outside'],
    ['<a>', 'it ends too soon'],
    ['<a', 'broken start tag'],
    ['</a>', 'end tag without its start'],
    ['<a></b>', 'end tag without its start'],
    ['<a><b></a></b>', 'end tag without its start'],
    ['<s:a></t:a>', 'end tag without its start'],
    ['<a/><b/>', 'more than one root'],
    ['<a/>text', 'text outside'],
    ['<a b/>', 'broken start tag'],
    ['<a b=1/>', 'broken start tag'],
    ['<a b="1"c="2"/>', 'broken start tag'],
    ['<a b="<"/>', 'broken start tag'],
    ['<a b="1" b="2"/>', 'an attribute twice'],
    ['<1/>', 'begins no tag'],
    ['<a>< b</a>', 'begins no tag'],
    ['<a><!-- </a>', 'it ends too soon'],
    ['<a><![CDATA[x</a>', 'it ends too soon'],
    ['<![CDATA[x]]>', 'document type definition'],
    ['<a>&</a>', 'begins no reference'],
    ['<a>&nbsp;</a>', 'one of the five'],
    ['<a>&#0;</a>', 'not allow'],
    ['<a>&#xD800;</a>', 'not allow'],
    ['<a>&#x110000;</a>', 'not allow'],
    ['<a>\0</a>', 'not allow'],
    ['<!doctype html><html/>', 'document type definition'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'document type definition'],
    ['<!DOCTYPE a SYSTEM "a.dtd" [<!ENTITY x "y">]><a>&x;</a>', 'document type definition'],
    ['<!DOCTYPE a []><a/>', 'document type definition'],
    ['<!DOCTYPE a><!DOCTYPE a><a/>', 'document type definition'],
    ['<!DOCTYPE a PUBLIC "a.dtd"><a/>', 'document type definition'],
    ['<!DOCTYPE a SYSTEM "a.dtd"', 'document type definition'],
    ['<a/><!DOCTYPE a>', 'document type definition'],
    ['<a><!DOCTYPE a></a>', 'document type definition'],
    ['<!DOCTYPE a SYSTEM "a.dtd"><a>&x;</a>', 'one of the five'],
    ['<a>x]]>y</a>', '"]]>"'],
    ['<a><![CDATA[x]]>]]></a>', '"]]>"'],
    ['<__proto__/>', 'not allowed'],
  ])('%s is refused', (xml, reason) => {
    expect(() => readXml(xml)).toThrow(DecodeError);
    expect(() => readXml(xml)).toThrow(reason);
  });

  test.each([
    '<!DOCTYPE a>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
    `<?xml version="1.0"?>\n<!DOCTYPE a PUBLIC '-//N//DTD RSS 0.91//EN'\n  "http://localhost:1/rss-0.91.dtd"\t>\n<!-- c -->`,
  ])('S15 a DOCTYPE that declares nothing is passed over: %s', (doctype) => {
    expect(readXml(`${doctype}<a>x</a>`)).toMatchObject({ name: 'a', text: 'x' });
  });

  test('"]]>" is text where it is escaped, split or in an attribute', () => {
    expect(readXml('<a b="]]>">]]&gt;]]<![CDATA[>]]></a>')).toMatchObject({
      text: ']]>]]>',
      attributes: [{ value: ']]>' }],
    });
  });

  test('what is named __proto__ is passed over', () => {
    const root = readXml('<a __proto__="1" x:__proto__="2" b="3"><__proto__><c/></__proto__><__proto__:d/><e/></a>');
    expect(root.attributes.map(({ name }) => name)).toEqual(['b']);
    expect(root.children.map(({ name }) => name)).toEqual(['e']);
  });

  test('1,000 levels are read, more are refused', () => {
    expect(readXml('<a>'.repeat(1_000) + '</a>'.repeat(1_000)).name).toBe('a');
    for (const depth of [1_001, 5_000, 200_000]) {
      expect(() => readXml('<a>'.repeat(depth) + '</a>'.repeat(depth))).toThrow('nested deeper than 1000 levels');
    }
  });

  test.each([
    ['billion laughs', `<!DOCTYPE a [${'<!ENTITY l "&l;&l;">'.repeat(100)}]><a>&l;</a>`],
    ['an endless DOCTYPE', `<!DOCTYPE a SYSTEM ${'"a" '.repeat(200_000)}`],
    ['50,000 unknown entities', `<a>${'&x;'.repeat(50_000)}</a>`],
    ['200,000 character references', `<a>${'&#65;'.repeat(200_000)}</a>`],
    ['a long run of spaces in a tag', `<a${' '.repeat(500_000)}`],
    ['a long name', `<a ${'b'.repeat(500_000)}`],
    ['a long text of spaces', `<a>x${' '.repeat(500_000)}x</a>`],
    ['100,000 attributes', `<a${Array.from({ length: 100_000 }, (_, index) => ` b${index}="1"`).join('')}/>`],
    ['100,000 open comments', `<a>${'<!--'.repeat(100_000)}</a>`],
    ['100,000 ampersands', `<a>${'&'.repeat(100_000)}</a>`],
  ])('%s: takes linear time', (_, xml) => {
    const start = performance.now();
    try {
      expect(readXml(xml).name).toBe('a');
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
    expect(performance.now() - start).toBeLessThan(2_000);
  });
});

test('unknown entities can be left as they are written', () => {
  const root = readXml('<a b="&copy;">&nbsp;& &amp;&#65;</a>', { keepUnknownEntities: true });
  expect(root.text).toBe('&nbsp;& &A');
  expect(root.attributes[0]?.value).toBe('&copy;');
});

describeGrowth('xml');
