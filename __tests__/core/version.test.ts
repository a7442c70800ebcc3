import { expect, test } from 'vitest';
import { VERSION } from '../../lib/core/version.js';
import manifest from '../../package.json' with { type: 'json' };

test('the version of the code is the version of the package', () => {
  expect(VERSION).toBe(manifest.version);
});
