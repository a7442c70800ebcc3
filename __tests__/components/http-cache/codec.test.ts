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

  test.each(['', 'x', '\n', '{}', 'null', '5', '{"layout":2}\nbody', '{"layout":1}\nbody', '{"layout":1,"head":{}}'])(
    'anything else counts as not there: %j',
    (text) => {
      expect(decodeStored(text)).toBeUndefined();
    },
  );
});
