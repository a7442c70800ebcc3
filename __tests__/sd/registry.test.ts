import { describe, expect, it } from 'vitest';
import {
  createRegistryFetch,
  type FetchAnswer,
  type FetchInit,
  readJson,
  readJsonLines,
} from '../../lib/sd/registry.js';

const init: FetchInit = { method: 'GET', headers: {}, signal: new AbortController().signal, redirect: 'error' };

function answerOf(chunks: readonly (string | Uint8Array)[], status = 200): FetchAnswer {
  async function* body() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  return { status, headers: new Headers(), body: body() };
}

async function collect(lines: AsyncIterable<unknown>): Promise<unknown[]> {
  const documents: unknown[] = [];
  for await (const line of lines) documents.push(line);
  return documents;
}

describe('createRegistryFetch', () => {
  it('G12 names the code of a failure and not the address', async () => {
    const ask = createRegistryFetch({});
    const failure = await ask('http://127.0.0.1:1/v1', init).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
    expect((failure as Error).message).not.toContain('127.0.0.1');
  });

  it('names the code that fetch hides in the cause', async () => {
    const ask = createRegistryFetch({
      fetch: () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })),
    });
    await expect(ask('http://secret', init)).rejects.toThrow('(ECONNREFUSED)');
  });

  it('uses the given client', async () => {
    const asked: string[] = [];
    const ask = createRegistryFetch({
      async fetch(url) {
        asked.push(url);
        return answerOf(['{}']);
      },
    });
    expect(await readJson(await ask('http://a', init))).toEqual({});
    expect(asked).toEqual(['http://a']);
  });
});

describe('readJson', () => {
  it('reads a document whose characters are cut between chunks', async () => {
    const bytes = Buffer.from('{"name":"Zoë"}');
    expect(await readJson(answerOf([bytes.subarray(0, 12), bytes.subarray(12)]))).toEqual({ name: 'Zoë' });
  });

  it.each([
    [answerOf(['{"a":']), 'ERR_BACKEND_PROTOCOL'],
    [answerOf([]), 'ERR_BACKEND_PROTOCOL'],
    [answerOf(['{}'], 403), 'ERR_BACKEND_STATUS'],
    [{ status: 200, headers: new Headers(), body: null }, 'ERR_BACKEND_STATUS'],
  ])('S01 rejects what is no answer: %#', async (answer, code) => {
    await expect(readJson(answer)).rejects.toMatchObject({ code });
  });
});

it('G5 readJson stops reading at 8 MiB', async () => {
  const large = answerOf(Array<Uint8Array>(9).fill(new Uint8Array(2 ** 20)));
  await expect(readJson(large)).rejects.toThrow('more than 8 MiB');
});

describe('readJsonLines', () => {
  it('gives each line as one document, wherever the chunks are cut', async () => {
    const text = '{"a":1}\n\n{"b":"Zoë"}\n{"c":3}';
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const lines = readJsonLines(answerOf([bytes.subarray(0, cut), bytes.subarray(cut)]));
      expect(await collect(lines)).toEqual([{ a: 1 }, { b: 'Zoë' }, { c: 3 }]);
    }
  });

  it('rejects a line without an end', async () => {
    const endless = answerOf(Array<string>(9).fill('x'.repeat(2 ** 20)));
    await expect(collect(readJsonLines(endless))).rejects.toThrow('more than 8 MiB');
  });
});
