import { describe, expect, test } from 'vitest';
import { negotiate } from '../../lib/encoding/negotiate.js';
import type { Data } from '../../lib/proxy.js';
import { describeEncoding } from '../contracts/encoding.js';
import { describeGrowth } from '../support/growth.js';

describeEncoding(negotiate, {
  decodes: [],
  refuses: [],
  encodes: [
    [{ a: 1 }, '{"a":1}'],
    [null, 'null'],
  ],
  contentType: 'application/json; charset=utf-8',
});

async function answer(accept: string | undefined, data: Data = { a: 1 }) {
  return negotiate.encode?.(data, { accept });
}

const JSON_TYPE = 'application/json; charset=utf-8';
const YAML_TYPE = 'application/yaml; charset=utf-8';
const XML_TYPE = 'application/xml';

describe('negotiate', () => {
  test.each([
    [undefined, JSON_TYPE],
    ['', JSON_TYPE],
    [',;=', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['application/json', JSON_TYPE],
    ['APPLICATION/JSON; charset=utf-8', JSON_TYPE],
    ['application/*', JSON_TYPE],
    ['image/png', JSON_TYPE],
    ['application/xml', XML_TYPE],
    ['text/xml', XML_TYPE],
    ['text/plain', YAML_TYPE],
    ['text/*', YAML_TYPE],
    ['application/x-yaml', YAML_TYPE],
    ['application/yaml', YAML_TYPE],
    ['application/rss+xml', JSON_TYPE],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', XML_TYPE],
    ['application/xml;q=0.4, application/json;q=0.5', JSON_TYPE],
    ['application/xml;q=0.5,application/json;q=0.4', XML_TYPE],
    ['application/json;q=0.5,application/xml', XML_TYPE],
    ['application/xml, application/json', XML_TYPE],
    ['application/json, application/xml', JSON_TYPE],
    ['*/*;q=0.1, application/xml;q=0.2', XML_TYPE],
    ['*/*, application/xml;q=0.2', JSON_TYPE],
    ['application/json;q=0, */*', YAML_TYPE],
    ['application/json;q=0, text/plain;q=0, application/xml', XML_TYPE],
    ['*/*;q=0', JSON_TYPE],
    ['application/xml;q=2, application/json;q=0.5', XML_TYPE],
    ['application/xml; v=1; q=0.1, application/json;q=0.5', JSON_TYPE],
  ])('Accept %j gets %s', async (accept, type) => {
    const { contentType, vary } = (await answer(accept)) ?? {};
    expect(contentType).toBe(type);
    expect(vary).toBe('Accept');
  });

  test('a document that was a feed is one again', async () => {
    const feed = { rss: { '-version': '2.0', channel: { title: 'x' } } };
    expect(await answer('application/rss+xml, application/json;q=0.5', feed)).toEqual({
      contentType: 'application/rss+xml; charset=utf-8',
      body: '<rss version="2.0"><channel><title>x</title></channel></rss>',
      vary: 'Accept',
    });
  });

  test('a hostile header takes little time', async () => {
    const start = performance.now();
    for (const accept of ['a/b,'.repeat(4_000), ';q='.repeat(5_000), '*/*;q=0.'.repeat(2_000), ' '.repeat(16_000)]) {
      expect((await answer(accept))?.body).toBe('{"a":1}');
    }
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describeGrowth('Accept');
