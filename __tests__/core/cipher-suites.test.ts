import { getCiphers } from 'node:tls';
import { expect, test } from 'vitest';
import { cipherNameOf } from '../../lib/core/cipher-suites.js';

test('IANA numbers become names that OpenSSL has', () => {
  const offered = new Set(getCiphers().map((name) => name.toUpperCase()));
  for (const id of [0x002f, 0x009c, 0x1301, 0xc02f, 0xcca8]) {
    const name = cipherNameOf(id);
    expect(name).toBeDefined();
    expect(offered).toContain(name?.toUpperCase());
  }
  expect(cipherNameOf(7)).toBeUndefined();
});
