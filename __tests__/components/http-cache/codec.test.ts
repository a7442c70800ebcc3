import { describe, expect, test } from 'vitest';
import { decodeStored, encodeEntry, encodeVary } from '../../../lib/components/http-cache/codec.js';
import type { Entry } from '../../../lib/components/http-cache/entry.js';
import { headersOf } from '../../support/requests.js';

const ENTRY: Entry = {
  status: 200,
  headers: headersOf({ etag: '"a"', 'x-a': ['1', '2'] }),
  body: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  askedAt: 12.5,
  vary: ['accept'],
  variant: '"x"',
  lifetime: 60,
  initialAge: 1,
  staleIfError: 5,
  mayBeStale: true,
};

describe('codec', () => {
  test('every byte comes back, and headers have no prototype', () => {
    const stored = decodeStored(encodeEntry(ENTRY));
    expect(stored).toEqual({ entry: ENTRY });
    expect(stored && 'entry' in stored && Object.getPrototypeOf(stored.entry.headers)).toBeNull();
    const large = { ...ENTRY, body: Buffer.from(`{"text":"Grüße\\n\n${'x'.repeat(10_000)}"}`) };
    expect(decodeStored(encodeEntry(large))).toEqual({ entry: large });
  });

  test('so do the names that tell variants apart', () => {
    expect(decodeStored(encodeVary(['accept', 'origin']))).toEqual({ vary: ['accept', 'origin'] });
  });

  test.each([
    '',
    'x',
    '\n',
    '{}',
    'null',
    '5',
    '[]',
    '{"layout":2}\nbody',
    '{"layout":1}\nbody',
    '{"layout":2,"size":4,"head":{}}\nbody',
    '{"layout":2,"size":4,"head":null}\nbody',
    '{"layout":2,"vary":"accept"}',
    '{"layout":2,"vary":[1]}',
  ])('anything else counts as not there: %j', (text) => {
    expect(decodeStored(text)).toBeUndefined();
  });

  test('S13 so does what is cut, or longer than it was, at any byte', () => {
    const text = encodeEntry(ENTRY);
    for (let length = 0; length < text.length; length++) {
      expect(decodeStored(text.slice(0, length)), String(length)).toBeUndefined();
    }
    expect(decodeStored(`${text}x`)).toBeUndefined();
    const vary = encodeVary(['accept']);
    for (let length = 0; length < vary.length; length++) expect(decodeStored(vary.slice(0, length))).toBeUndefined();
  });

  test.each(Object.keys(ENTRY).filter((name) => name !== 'body'))(
    'S13 so does an entry whose %s is not what it is',
    (name) => {
      const text = encodeEntry(ENTRY);
      const end = text.indexOf('\n');
      for (const wrong of [undefined, null, {}, { a: 5 }, [5], 'x', -1, 1e9]) {
        const stored = JSON.parse(text.slice(0, end));
        if (wrong === undefined) delete stored.head[name];
        else stored.head[name] = wrong;
        const decoded = decodeStored(JSON.stringify(stored) + text.slice(end));
        // A wrong value may be of the right type.
        if (decoded !== undefined) expect(typeof stored.head[name]).toBe(typeof ENTRY[name as keyof Entry]);
        if (decoded !== undefined && name === 'status') expect.unreachable();
      }
    },
  );
});
