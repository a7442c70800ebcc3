import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { dottedPath, durationOrZero, isForbiddenName, object, oneOf, orEmpty, text, word } from './fields.js';

/** One step of a `flatmap_filter`; which arguments it takes depends on the type. */
const flatmapOperation = z
  .strictObject({
    type: oneOf(['move', 'append', 'del']).meta({
      description: 'move renames, promotes or embeds; append joins two arrays; del deletes.',
      examples: ['move'],
    }),
    args: z
      .array(dottedPath())
      .min(1)
      .meta({ description: 'Paths; "*" stands for any key or index.', examples: [['items.*.id', 'items.*.sku']] }),
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

const flatmapFilter = z
  .array(flatmapOperation)
  .optional()
  .meta({
    description: 'Operations on the document, in order. On a backend they replace allow, deny and mapping.',
    examples: [[{ type: 'del', args: ['owners.*.secret'] }]],
  });

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
    .meta({ description: 'Call the backends one after another.', examples: [true] }),
  strategy: orEmpty(oneOf(['parallel', 'sequential']).optional()).meta({
    description: 'The same by name; wins over sequential.',
    examples: ['sequential'],
  }),
  combiner: orEmpty(word().default('deep')).meta({ description: 'How answers become one.', examples: ['concat'] }),
  static: staticData.optional().meta({ description: 'Fixed data for the answer.', examples: [{ data: { v: 1 } }] }),
  flatmap_filter: flatmapFilter,
  sequential_propagated_params: z
    .array(text((name) => PROPAGATED.test(name), '"resp0_field" or "resp0"'))
    .default([])
    .meta({ description: 'Values of earlier answers that later backends receive.', examples: [['resp0_user.id']] }),
  force_sandboxed_request: z
    .boolean()
    .optional()
    .meta({ description: 'Accepted: every backend gets its own copy of the request anyway.', examples: [true] }),
});

/** `proxy` of a backend. */
export const backendProxySchema = z.strictObject({
  shadow: z
    .boolean()
    .default(false)
    .meta({ description: 'Call it, but ignore its answer.', examples: [true] }),
  shadow_timeout: durationOrZero()
    .optional()
    .meta({ description: 'Deadline of the shadow call.', examples: ['2s'] }),
  flatmap_filter: flatmapFilter,
});

/** `backend/http`. */
export const httpSchema = z.strictObject({
  return_error_details: text((name) => !isForbiddenName(name), 'a name')
    .optional()
    .meta({ description: 'A failing status becomes data under error_<name>.', examples: ['stock'] }),
  return_error_code: z
    .boolean()
    .default(false)
    .meta({ description: 'A failing status becomes the status of the answer.', examples: [true] }),
});

const tlsVersion = oneOf(['TLS10', 'TLS11', 'TLS12', 'TLS13']);
const filePath = text((value) => value !== '' && !value.includes('\0'), 'the path of a file');

/** TLS towards backends. */
export const clientTlsSchema = z.strictObject({
  allow_insecure_connections: z
    .boolean()
    .default(false)
    .meta({ description: 'Do not verify certificates of backends.', examples: [false] }),
  ca_certs: z
    .array(filePath)
    .default([])
    .meta({ description: 'PEM files of authorities to trust besides those of the system.', examples: [['ca.pem']] }),
  disable_system_ca_pool: z
    .boolean()
    .default(false)
    .meta({ description: 'Trust the files of ca_certs only.', examples: [true] }),
  min_version: tlsVersion.optional().meta({ description: 'Lowest TLS version.', examples: ['TLS12'] }),
  max_version: tlsVersion.optional().meta({ description: 'Highest TLS version.', examples: ['TLS13'] }),
  cipher_suites: z
    .array(z.int().min(0).max(0xffff))
    .default([])
    .meta({ description: 'IANA numbers of the cipher suites to offer.', examples: [[4865]] }),
  client_certs: z
    .array(
      z.strictObject({
        certificate: filePath.meta({ description: 'PEM file of the certificate.', examples: ['client.pem'] }),
        private_key: filePath.meta({ description: 'PEM file of the key.', examples: ['client.key'] }),
      }),
    )
    .default([])
    .meta({
      description: 'Certificates to show to backends.',
      examples: [[{ certificate: 'client.pem', private_key: 'client.key' }]],
    }),
});

/** `backend/http/client`. */
export const httpClientSchema = z
  .strictObject({
    no_redirect: z
      .boolean()
      .default(false)
      .meta({ description: "KrakenD's name of `redirects: none`.", examples: [true] }),
    redirects: oneOf(['follow', 'same-origin', 'none'])
      .optional()
      .meta({ description: 'Which redirects are followed.', default: 'follow', examples: ['same-origin'] }),
    send_body_on_redirect: z
      .boolean()
      .default(false)
      .meta({ description: 'Repeat the body when a 307 or 308 is followed.', examples: [true] }),
    client_tls: clientTlsSchema
      .optional()
      .meta({ description: 'TLS of this backend, instead of that of the root.', examples: [{ ca_certs: ['ca.pem'] }] }),
  })
  .refine(({ no_redirect, redirects = 'none' }) => !no_redirect || redirects === 'none', {
    path: ['redirects'],
    error: 'contradicts `no_redirect: true`; give one of the two.',
  });

function isNetwork(entry: string): boolean {
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  if (!/^\d{1,3}$/.test(prefix)) return false;
  try {
    new BlockList().addSubnet(address, Number(prefix), version === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}

function flag(description: string) {
  return z
    .boolean()
    .default(false)
    .meta({ description, examples: [true] });
}

/** `router`, at the root. */
export const routerSchema = z.strictObject({
  disable_redirect_trailing_slash: flag('No redirect when only the trailing slash differs.'),
  disable_redirect_fixed_path: flag('No redirect when only case or superfluous slashes differ.'),
  disable_handle_method_not_allowed: flag('404 instead of 405 for a known path.'),
  auto_options: flag('Answer OPTIONS of a known path with the list of its methods.'),
  remove_extra_slash: flag('Treat "//a" like "/a".'),
  return_error_msg: flag('The message of a failure becomes the body of the answer.'),
  disable_health: flag('No health route.'),
  health_path: orEmpty(
    text((path) => /^\/[\w./~-]+$/.test(path), 'a path such as "/__health"').default('/__health'),
  ).meta({ description: 'Path of the health route.', examples: ['/healthz'] }),
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
    .meta({ description: 'JSON bodies instead of the built-in texts.', examples: [{ '404': { error: 'none' } }] }),
  forwarded_by_client_ip: z
    .boolean()
    .optional()
    .meta({ description: 'Read the client address from headers of trusted proxies.', examples: [true] }),
  remote_ip_headers: z
    .array(text((name) => /^[A-Za-z0-9-]+$/.test(name), 'the name of a header'))
    .default([])
    .meta({ description: 'The headers to read it from, in order.', examples: [['X-Forwarded-For']] }),
  trusted_proxies: z
    .array(text(isNetwork, 'an IP address or a network such as "10.0.0.0/8"'))
    .default([])
    .meta({ description: 'Proxies whose forwarding headers are believed.', examples: [['10.0.0.0/8']] }),
  hide_version_header: flag('Accepted: the version is never shown.'),
  disable_path_decoding: flag('Not supported.'),
  disable_access_log: flag('The access log belongs to the app.'),
  logger_skip_paths: z
    .array(z.string())
    .default([])
    .meta({ description: 'The access log belongs to the app.', examples: [['/__health']] }),
  disable_gzip: flag('Compression of answers belongs to the app.'),
  app_engine: flag('Not supported.'),
  max_multipart_memory: z
    .int()
    .min(0)
    .optional()
    .meta({ description: 'Bodies are not parsed; see max_request_body.', examples: [1048576] }),
  use_h2c: flag('The server belongs to the app.'),
});
