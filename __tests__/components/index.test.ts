import { expect, test } from 'vitest';
import type { z } from 'zod';
import { builtInComponents } from '../../lib/components/index.js';
import { filesIn, read } from '../support/source.js';

const PAGES = filesIn('docs', /^docs\/components\/.*\.md$/).map(read);

interface Layer {
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly in?: Layer;
}

/** The names of its options; none where the value of the namespace is no object. */
function optionsOf(schema: Layer | undefined): string[] {
  if (schema === undefined) return [];
  return schema.shape ? Object.keys(schema.shape) : optionsOf(schema.in);
}

test.each(builtInComponents.map(({ namespace, schema }) => [namespace, schema as Layer] as const))(
  'every option of %s stands on its page',
  (namespace, schema) => {
    const page = PAGES.find((text) => text.includes(`Namespace: \`${namespace}\``));
    const options = optionsOf(schema);
    expect(options.length > 0).toBe(namespace !== 'backend/function');
    expect(options.filter((option) => !page?.includes(`\`${option}\``))).toEqual([]);
  },
);
