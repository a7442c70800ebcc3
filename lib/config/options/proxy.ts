import { z } from 'zod';
import { dottedPath, durationUnlessZero, flag, object, oneOf, orEmpty, text, word } from '../fields.js';

/** One step of a `flatmap_filter`; which arguments it takes depends on the type. */
const flatmapOperation = z
  .strictObject({
    type: oneOf(['move', 'append', 'del']).meta({
      description: '`move` renames, promotes or embeds; `append` joins two arrays; `del` deletes.',
      examples: ['move'],
    }),
    args: z
      .array(dottedPath())
      .min(1)
      .meta({
        description: 'Dotted paths; `*` stands for any key or index. `move` and `append` take source and destination.',
        examples: [['items.*.id', 'items.*.sku']],
      }),
  })
  .refine(({ type, args }) => type === 'del' || args.length === 2, {
    path: ['args'],
    error: 'must hold two paths, the source and the destination.',
  })
  .superRefine(({ type, args }, context) => {
    for (const [index, message] of faultsOf(type, args)) {
      context.addIssue({ code: 'custom', path: ['args', index], message });
    }
  });

/** What KrakenD loads and does nothing about. */
function faultsOf(type: string, args: readonly string[]): [index: number, message: string][] {
  const [source, destination] = args.map((path) => path.split('.'));
  if (type === 'del' || args.length !== 2 || source === undefined || destination === undefined) return [];
  if (type === 'move') {
    return source.at(-1) === '*' ? [[0, 'ends in "*", which moves nothing; name what is to be moved.']] : [];
  }
  const wild = [source, destination].flatMap((path, index): [number, string][] =>
    path.includes('*') ? [[index, 'has a "*": append joins one array to one other; name both.']] : [],
  );
  if (wild.length > 0) return wild;
  const isWithin = source.every((segment, depth) => segment === destination[depth]);
  return isWithin ? [[1, 'lies within the source: an array cannot be appended to itself or to a part of itself.']] : [];
}

const flatmapFilter = z.array(flatmapOperation).optional();

const PROPAGATED = /^resp\d{1,3}(?:_.+)?$/;

const staticData = z.strictObject({
  strategy: orEmpty(oneOf(['always', 'success', 'errored', 'complete', 'incomplete']).default('always')).meta({
    description: 'When the data is added.',
    examples: ['incomplete'],
  }),
  data: object().meta({ description: 'Keys to set on the answer.', examples: [{ degraded: true }] }),
});

/** `proxy` of an endpoint. */
export const endpointProxySchema = z.strictObject({
  sequential: z
    .boolean()
    .optional()
    .meta({
      description: 'Backends are called one after another; later ones can use `{resp0_field}`.',
      shownDefault: '`false`',
      examples: [true],
    }),
  strategy: orEmpty(oneOf(['parallel', 'sequential']).optional()).meta({
    description: 'The same by name; wins over `sequential`.',
    examples: ['sequential'],
  }),
  combiner: orEmpty(word(['deep', 'shallow', 'concat', 'default']).default('deep')).meta({
    description:
      'How answers become one: `deep`, `shallow`, `concat`, or a name of `options.combiners`; `default` means `deep`.',
    examples: ['concat'],
  }),
  static: staticData.optional().meta({
    description:
      '`data` (an object) is added to the answer, when `strategy` says so: `always` (default), `success`, `errored`, `complete`, `incomplete`.',
    examples: [{ data: { v: 1 } }],
  }),
  flatmap_filter: flatmapFilter.meta({
    description: 'Operations on the merged document, or on that of a single backend, in order; not on partial answers.',
    more: 'See [below](#proxy-of-a-backend).',
    examples: [[{ type: 'del', args: ['owners.*.secret'] }]],
  }),
  sequential_propagated_params: z
    .array(text((name) => PROPAGATED.test(name), '"resp0_field" or "resp0"'))
    .default([])
    .meta({
      description:
        'Values of earlier answers that all later backends receive: `resp0_user.id`, or `resp0`; does nothing where no backend comes after.',
      examples: [['resp0_user.id']],
    }),
  force_sandboxed_request: z
    .boolean()
    .optional()
    .meta({ description: 'Accepted: each backend gets its own copy of the request anyway.', examples: [true] }),
});

/** `proxy` of a backend. */
export const backendProxySchema = z.strictObject({
  shadow: flag().meta({ description: 'Calls it, but neither waits for it nor uses its answer.', examples: [true] }),
  shadow_timeout: durationUnlessZero().meta({
    description: 'Deadline of that call.',
    shownDefault: "endpoint's `timeout`",
    examples: ['2s'],
  }),
  flatmap_filter: flatmapFilter.meta({
    description:
      'Operations on the answer, in order, after `target` and before `group`; `allow`, `deny` and `mapping` do nothing beside it.',
    examples: [[{ type: 'del', args: ['owners.*.secret'] }]],
  }),
});
