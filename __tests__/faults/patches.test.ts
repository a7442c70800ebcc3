import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sabotages } from './patches.js';

const BUILD = fileURLToPath(new URL('../../dist/esm/', import.meta.url));

describe.each(sabotages.filter(({ needs }) => needs === undefined || existsSync(BUILD + needs)))(
  '$name',
  ({ edits }) => {
    test.each(edits)('can be planted in $file', ({ file, find }) => {
      expect(readFileSync(BUILD + file, 'utf8').split(find)).toHaveLength(2);
    });
  },
);
