import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { builtInComponents } from '../../lib/components/index.js';
import { innermost, missingIn, optionsOf } from '../support/options.js';
import { filesIn, read } from '../support/source.js';

const PAGES = filesIn('docs', /^docs\/components\/.*\.md$/).map(read);

describe.each(builtInComponents.map(({ namespace, schema }) => [namespace, schema as z.ZodType] as const))(
  '%s',
  (namespace, schema) => {
    const object = innermost(schema);
    const options: [string, z.ZodType][] = object instanceof z.ZodObject ? optionsOf(object) : [['', schema]];

    test('every option has a description and an example that it accepts itself', () => {
      const faults = options.map(([path, option]) => [path, ...missingIn(option)]);
      expect(faults.filter(({ length }) => length > 1)).toEqual([]);
    });

    test('its page has the table of its options, and says which of them do nothing', () => {
      const page = PAGES.find((text) => text.includes(`Namespace: \`${namespace}\``)) ?? '';
      expect(page.includes(`<!-- options: ${namespace} -->`)).toBe(object instanceof z.ZodObject);
      const names = object instanceof z.ZodObject ? options.map(([path]) => path) : [];
      expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    });
  },
);
