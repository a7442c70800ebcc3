import { expect, test } from 'vitest';
import { JsonNumber } from '../../lib/core/json-number.js';
import { string } from '../../lib/encoding/string.js';
import { DecodeError } from '../../lib/errors.js';
import { describeEncoding } from '../contracts/encoding.js';

describeEncoding(string, {
  decodes: [
    ['', { content: '' }],
    ['any <text> at all {"a":1}', { content: 'any <text> at all {"a":1}' }],
    ['\ufeffmarked', { content: 'marked' }],
  ],
  refuses: [],
  encodes: [
    [{ content: 'text é' }, 'text é'],
    [{ content: '' }, ''],
    [{ content: 1 }, ''],
    [{ content: new JsonNumber('1.0') }, ''],
    [{ other: 'text' }, ''],
    [null, ''],
  ],
  contentType: 'text/plain; charset=utf-8',
});

test('B07 text that is not UTF-8 is refused', () => {
  expect(() => string.decoder?.(false)(Buffer.from([0x63, 0xe9]))).toThrow(DecodeError);
});
