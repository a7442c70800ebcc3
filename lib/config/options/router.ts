import { z } from 'zod';
import { isNetwork } from '../../core/address-list.js';
import { flag, orEmpty, text } from '../fields.js';

const APP = 'Without effect: the access log belongs to the app.';

/** `router`, at the root. */
export const routerSchema = z.strictObject({
  return_error_msg: flag().meta({
    description:
      'The message of a failure, as the log has it, becomes the body of the answer. It names backends by position and `url_pattern`: keep it from the public.',
    examples: [true],
  }),
  disable_health: flag().meta({ description: 'No health route.', examples: [true] }),
  health_path: orEmpty(
    text((path) => /^\/[\w./~-]+$/.test(path), 'a path such as "/__health"').default('/__health'),
  ).meta({
    description:
      'Path of the health route, which answers GET and HEAD; with `fallthrough: false` any other method gets 405.',
    examples: ['/healthz'],
  }),
  auto_options: flag().meta({ description: 'OPTIONS on a known path is answered with its methods.', examples: [true] }),
  remove_extra_slash: flag().meta({ description: '`//a` is the same as `/a`.', examples: [true] }),
  disable_redirect_trailing_slash: flag().meta({
    description: 'With `fallthrough: false`: no redirect when only the last slash differs.',
    examples: [true],
  }),
  disable_redirect_fixed_path: flag().meta({
    description: 'With `fallthrough: false`: no redirect when only case or extra slashes differ.',
    examples: [true],
  }),
  disable_handle_method_not_allowed: flag().meta({
    description: 'With `fallthrough: false`: 404 instead of 405.',
    examples: [true],
  }),
  error_body: z
    .strictObject({
      404: z
        .unknown()
        .optional()
        .meta({ description: 'Body of a 404.', examples: [{ error: 'no such route' }] }),
      405: z
        .unknown()
        .optional()
        .meta({ description: 'Body of a 405.', examples: [{ error: 'wrong method' }] }),
    })
    .default({})
    .meta({
      description: 'With `fallthrough: false`: JSON bodies for `404` and `405`.',
      examples: [{ '404': { error: 'none' } }],
    }),
  trusted_proxies: z
    .array(text(isNetwork, 'an IP address or a network such as "10.0.0.0/8"'))
    .default([])
    .meta({ description: 'Addresses and networks whose forwarding headers are believed.', examples: [['10.0.0.0/8']] }),
  remote_ip_headers: z
    .array(text((name) => /^[A-Za-z0-9-]+$/.test(name), 'the name of a header'))
    .default([])
    .meta({
      description: 'The headers that they write, in the order in which they are read.',
      shownDefault: '`X-Forwarded-For`, `X-Real-IP`',
      examples: [['X-Forwarded-For']],
    }),
  forwarded_by_client_ip: z
    .boolean()
    .optional()
    .meta({
      description: '`false`: the address of the socket counts, whatever else is set.',
      shownDefault: '`true`',
      examples: [true],
    }),
  hide_version_header: flag().meta({ description: 'Accepted: the version is never shown.', examples: [true] }),
  disable_path_decoding: flag().meta({ description: 'Without effect.', isIdle: true, examples: [true] }),
  disable_access_log: flag().meta({ description: APP, isIdle: true, examples: [true] }),
  disable_gzip: flag().meta({
    description: 'Without effect: compression of answers belongs to the app.',
    isIdle: true,
    examples: [true],
  }),
  logger_skip_paths: z
    .array(z.string())
    .default([])
    .meta({ description: APP, isIdle: true, examples: [['/__health']] }),
  app_engine: flag().meta({ description: 'Without effect.', isIdle: true, examples: [true] }),
  max_multipart_memory: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Without effect: see `max_request_body`.', isIdle: true, examples: [1048576] }),
  use_h2c: flag().meta({
    description: 'Without effect: the server belongs to the app.',
    isIdle: true,
    examples: [true],
  }),
});
