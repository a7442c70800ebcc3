import { describe, expect, test } from 'vitest';
import { curlLines, startExample } from '../support/example.js';

interface Expected {
  readonly status?: number;
  readonly body: unknown;
  readonly completed?: string | null;
}

/** What each printed curl line answers, example by example. */
const examples: Record<string, readonly Expected[]> = {
  'sequential/server.mjs': [
    {
      body: {
        session: { user_id: '9007199254740993' },
        name: 'Ada',
        country: 'GB',
        offers: [{ sku: 'tea', country: 'GB', for: '9007199254740993' }],
      },
    },
    { status: 500, body: '', completed: 'false' },
  ],
  'static-fallback/server.mjs': [
    { body: { id: '1', title: 'On tea', comments: [{ text: 'Well said' }] } },
    { body: { id: '2', title: 'On tea', comments: [], comments_available: false }, completed: 'false' },
  ],
  'custom-encoding/server.mjs': [
    {
      body: {
        prices: [
          { sku: 'tea', price: '4.20' },
          { sku: 'cup', price: '9.00' },
        ],
      },
    },
    { body: 'sku,price\ntea,4.20\ncup,9.00\n' },
  ],
  'js-functions/server.mjs': [
    { body: { id: 'c1', shop: 'downtown', lines: [{ sku: 'tea', count: 2, price: 4.2 }], total: 8.4 } },
    { body: { id: 'c1', shop: 'downtown', lines: [{ sku: 'tea', count: 2, price: 4.2 }], points: 7, total: 8.4 } },
    { status: 404, body: '', completed: null },
  ],
};

describe.each(Object.entries(examples))('examples/%s', (file, expected) => {
  test('answers its curl lines', { timeout: 30_000 }, async () => {
    const example = await startExample(`examples/${file}`);
    const lines = curlLines(example.output);
    expect(lines).toHaveLength(expected.length);
    for (const [index, { url, init }] of lines.entries()) {
      const { status = 200, body, completed = 'true' } = expected[index]!;
      const { json, text, ...answer } = await example.call(url, init);
      expect({ status: answer.status, body: json ?? text }, url).toEqual({ status, body });
      expect(answer.headers.get('x-krakend-completed'), url).toBe(completed);
    }
    expect(await example.stop()).toEqual({ code: 0, errors: '' });
  });
});
