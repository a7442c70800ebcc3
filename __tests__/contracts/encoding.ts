import { describe, expect, test } from 'vitest';
import type { EncodeContext, Encoding } from '../../lib/encoding/encoding.js';
import { DecodeError } from '../../lib/errors.js';
import type { Data } from '../../lib/proxy.js';
import { deepFreeze } from '../support/freeze.js';

/** What the suite needs to know of a format. */
export interface EncodingSamples {
  /** Bodies and the documents they stand for; empty for formats that only write. */
  readonly decodes: readonly (readonly [body: string, data: Data | null])[];
  /** Bodies that are refused, each with a word that must not show in the message. */
  readonly refuses: readonly (readonly [body: string, secret: string])[];
  /** Documents and the bodies they become; empty for formats that only read. */
  readonly encodes: readonly (readonly [data: Data | null, body: string])[];
  readonly contentType?: string;
}

const CONTEXT: EncodeContext = { accept: undefined };

/** What every encoding owes the gateway. */
export function describeEncoding(
  encoding: Encoding,
  { decodes, refuses, encodes, contentType }: EncodingSamples,
): void {
  describe(`Encoding contract: ${encoding.name}`, () => {
    const decode = encoding.decoder?.(false);
    const { encode } = encoding;

    test('has a lower-case name and at least one half', () => {
      expect(encoding.name).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(Boolean(decode) || Boolean(encode) || encoding.passthrough === true).toBe(true);
      expect(decodes.length > 0).toBe(decode !== undefined);
      expect(encodes.length > 0).toBe(encode !== undefined);
    });

    test.each(decodes)('reads %j', async (body, data) => {
      const bytes = Buffer.from(body);
      expect(await decode?.(bytes)).toEqual(data);
      expect(bytes.toString()).toBe(body);
    });

    test.each(decodes)('gives each caller a document of its own for %j', async (body) => {
      const [first, second] = [await decode?.(Buffer.from(body)), await decode?.(Buffer.from(body))];
      expect(second).toEqual(first);
      if (first) {
        expect(second).not.toBe(first);
        const [name] = Object.keys(first);
        if (name !== undefined) Object.assign(first, { [name]: 'changed by its owner' });
        expect(await decode?.(Buffer.from(body))).toEqual(second);
      }
    });

    test.each(decodes)(
      'S18 says of %j that it is whole only if no beginning of it can be taken for all of it',
      async (text) => {
        const bytes = Buffer.from(text);
        if (encoding.isWhole?.(bytes) !== true) return;
        const whole = await decode?.(bytes);
        for (let length = 1; length < bytes.length; length++) {
          const beginning = bytes.subarray(0, length);
          const data = await Promise.resolve(beginning)
            .then(decode)
            .catch(() => whole);
          if (encoding.isWhole(beginning)) expect(data).toEqual(whole);
        }
      },
    );

    test.each(refuses)('refuses %j in words of its own', async (body, secret) => {
      const failure = await Promise.resolve()
        .then(() => decode?.(Buffer.from(body)))
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      expect(failure).toBeInstanceOf(DecodeError);
      expect((failure as DecodeError).message).toMatch(/^it [a-z]/);
      expect((failure as DecodeError).message).not.toContain(secret);
    });

    test.each(encodes)('writes %j without changing it', async (data, body) => {
      const answer = await encode?.(deepFreeze(data), CONTEXT);
      expect(String(answer?.body)).toBe(body);
      expect(answer?.contentType).toBe(contentType);
    });

    test('writes something for every document', async () => {
      if (!encode) return;
      const documents: (Data | null)[] = [
        null,
        {},
        { a: undefined },
        { a: [null, [], {}] },
        { '': '', ' x': { '\0': 1 } },
      ];
      for (const data of documents) {
        const { body } = await encode(deepFreeze(data), CONTEXT);
        expect(typeof body === 'string' || Buffer.isBuffer(body)).toBe(true);
      }
    });

    test('B06 leaves prototypes alone', async () => {
      for (const [body] of decodes) await decode?.(Buffer.from(body));
      for (const [data] of encodes) await encode?.(data, CONTEXT);
      const keys = [];
      for (const key in {}) keys.push(key);
      expect(keys).toEqual([]);
    });
  });
}
