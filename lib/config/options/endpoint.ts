import { z } from 'zod';
import {
  bytes,
  countOr,
  durationOrZero,
  durationUnlessZero,
  headerNames,
  LONGEST_DURATION,
  object,
  oneOf,
  orEmpty,
  text,
  word,
} from '../fields.js';
import { ENCODINGS, OUTPUT_ENCODINGS } from './names.js';

export const GIBIBYTE = 2 ** 30;
/** Copies of a call; more is a slip, and would be an attack on the backend. */
export const MOST_COPIES = 100;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export const method = orEmpty(
  z
    .string()
    .transform((name) => name.toUpperCase())
    .pipe(oneOf(METHODS))
    .optional()
    .meta({ ts: 'Method', json: { enum: METHODS.flatMap((name) => [name, name.toLowerCase()]) } }),
);

/** The name of an encoding, in any case. */
export function encodingName(builtIn: readonly string[]) {
  return word(builtIn).transform((name) => name.toLowerCase());
}

export const queryNames = z.array(text((name) => !/[\r\n]/.test(name), 'the name of a query parameter'));

/** `extra_config` of a level: read name by name. */
export function extraConfig(description: string, more: string, ts: string) {
  return object()
    .optional()
    .meta({ description, more, ts, shownDefault: '`{}`', examples: [{ proxy: { sequential: true } }] });
}

/** What an endpoint object contains; its backends are read one by one. */
export const endpointSchema = z.strictObject({
  endpoint: z.string().meta({
    description: 'The path below the mount point: `{name}` takes one segment, a last `/*` takes the rest.',
    more: 'See [paths](#paths).',
    examples: ['/users/{id}'],
  }),
  method: method.meta({
    description: '`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`, in any case.',
    shownDefault: '`GET`',
    examples: ['POST'],
  }),
  backend: z
    .array(z.unknown())
    .optional()
    .meta({
      description: 'One or more backends.',
      isRequired: true,
      ts: 'readonly BackendInput<Extra>[]',
      label: 'object[]',
      examples: [[]],
    }),
  timeout: durationUnlessZero().meta({
    description: 'The longest a whole request may take; a merge has 85 % of it, raced copies 75 %.',
    shownDefault: "root's",
    examples: ['2s'],
  }),
  cache_ttl: durationOrZero(LONGEST_DURATION)
    .optional()
    .meta({
      description:
        '`Cache-Control: public, max-age=…` on complete answers, `private` instead where one sets a cookie, in whole seconds, so that less than one is `max-age=0`; `0s` for none, whatever the root says.',
      shownDefault: "root's",
      examples: ['300s'],
    }),
  output_encoding: orEmpty(encodingName(OUTPUT_ENCODINGS).optional()).meta({
    description: 'How the answer is written.',
    more: 'See [encodings](encodings.md).',
    shownDefault: "root's",
    examples: ['json'],
  }),
  encoding: orEmpty(encodingName(ENCODINGS).optional()).meta({
    description: 'How its backends write their answers.',
    shownDefault: "root's",
    examples: ['json'],
  }),
  input_headers: headerNames()
    .default([])
    .meta({
      description:
        'Headers of the client that reach backends, in any case; a list replaces the default; `["*"]` for all that make no claim about the way here, `[""]` for none; `Host`, `Content-Length`, `Expect` and headers of one connection never pass, which a warning says.',
      more: 'See [headers](headers.md#of-a-request-to-a-backend).',
      shownDefault: '`["Content-Type"]`',
      examples: [['Authorization']],
    }),
  input_query_strings: queryNames.default([]).meta({
    description:
      'Query parameters that reach backends, case counts; `["*"]` for all. They go out as they came, except that `;` and what no URL may hold (`[`, `]`, `|` …) is percent-encoded; a pair that cannot be decoded (`utm=50%`) is left out.',
    examples: [['page']],
  }),
  concurrent_calls: countOr(1, MOST_COPIES).meta({
    description: 'Copies of each call to race; GET only.',
    label: '1 to 100',
    examples: [2],
  }),
  max_request_body: bytes(GIBIBYTE)
    .optional()
    .meta({
      description:
        'Largest body of a request; beyond that 413. A body that is only passed on has no limit unless it stands here.',
      more: 'See [limits](#limits).',
      shownDefault: "root's",
      examples: [16777216],
    }),
  extra_config: extraConfig(
    'Features of this endpoint, by namespace: `proxy` and components.',
    'See [`proxy`](#proxy-of-an-endpoint).',
    'EndpointExtra<Extra>',
  ),
});

export type RawEndpoint = z.output<typeof endpointSchema>;
