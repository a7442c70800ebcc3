import { z } from 'zod';
import { flag, isForbiddenName, oneOf, text } from '../fields.js';
import { clientTlsSchema } from './tls.js';

/** `backend/http`. */
export const httpSchema = z.strictObject({
  return_error_details: text((name) => !isForbiddenName(name), 'a name')
    .optional()
    .meta({
      description:
        'A failing status becomes data under `error_<name>`, with status and body. The answer is incomplete; the backend has not failed, not even a `required` one. `""` switches both options off.',
      examples: ['stock'],
    }),
  return_error_code: flag().meta({
    description:
      'Where the failure of this backend fails the endpoint, its status becomes the status of the answer, with `return_error_msg` its body too. That is so for the only backend, for a `required` one, for the first of a sequence, and for one that ends a sequence before a `required` one; any other only makes the answer incomplete. A 202 or 204 of the only backend stays what it is. Does nothing beside `return_error_details`.',
    examples: [true],
  }),
});

/** `backend/http/client`. */
export const httpClientSchema = z
  .strictObject({
    redirects: oneOf(['follow', 'same-origin', 'none'])
      .optional()
      .meta({
        description:
          '`follow`: up to 10 are followed, to another origin without forwarded headers; `same-origin`: only those within the origin; `none`. What is not followed is an answer like any other. None leads to internal addresses, unless the host of the backend has such an address.',
        shownDefault: '`follow`',
        examples: ['same-origin'],
      }),
    no_redirect: flag().meta({ description: "KrakenD's name of `redirects: none`.", examples: [true] }),
    send_body_on_redirect: flag().meta({
      description: 'A 307 or 308 is followed with the body; otherwise not at all.',
      examples: [true],
    }),
    client_tls: clientTlsSchema.optional().meta({
      description: 'TLS of this backend, which replaces that of the root as a whole.',
      more: 'See [TLS](#tls-towards-backends).',
      shownDefault: "root's",
      ts: 'ClientTlsInput',
      examples: [{ ca_certs: ['ca.pem'] }],
    }),
  })
  .refine(({ no_redirect, redirects = 'none' }) => !no_redirect || redirects === 'none', {
    path: ['redirects'],
    error: 'contradicts `no_redirect: true`; give one of the two.',
  });
