import { validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { flag, headerName, text } from '../../config/fields.js';
import { type MatchAny, patterns } from '../../config/pattern.js';

/** Empty, as in files that name every option, means none. */
function headerValue() {
  return text(isHeaderValue, 'the value of a header').optional();
}

function isHeaderValue(value: string): boolean {
  try {
    validateHeaderValue('x', value);
    return true;
  } catch {
    return false;
  }
}

/** A name, perhaps with a port; an address of IPv6 is in brackets. */
export const HOST = /^(?:[a-z\d._~-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

function toggle(description: string) {
  return flag().meta({ description, examples: [true] });
}

function ofTheServer(example: string) {
  return z
    .string()
    .optional()
    .meta({
      description: 'Accepted without effect: the server belongs to the app.',
      isIdle: true,
      examples: [example],
    });
}

const fields = z.strictObject({
  allowed_hosts: z
    .array(z.string().min(1))
    .default([])
    .meta({
      description:
        'Hosts that requests may be for, with the port where the client sends one, in any case of letters; an empty list allows all.',
      examples: [['shop.example']],
    }),
  allowed_hosts_are_regex: toggle(
    'Reads `allowed_hosts` as regular expressions in the syntax of Go, each for a whole host.',
  ),
  host_proxy_headers: z
    .array(headerName())
    .default([])
    .meta({
      description:
        'Headers in which a proxy names the host that the client asked for; the first that is there counts, then `Host`.',
      examples: [['X-Forwarded-Host']],
    }),
  ssl_redirect: toggle('Redirects plain HTTP to HTTPS: 301 for `GET` and `HEAD`, 308 for the others.'),
  ssl_host: text((value) => value === '' || HOST.test(value), 'a host, such as "shop.example" or "shop.example:8443"')
    .default('')
    .meta({
      description:
        'The host of the redirect, with a port where it needs one; else that of the request, without its port.',
      examples: ['shop.example'],
    }),
  ssl_proxy_headers: z
    .record(headerName(), z.string().min(1))
    .default({})
    .meta({
      description: 'Headers of a proxy, and the value that means that the client used HTTPS.',
      examples: [{ 'X-Forwarded-Proto': 'https' }],
    }),
  sts_seconds: z
    .int()
    .min(0)
    .default(0)
    .meta({
      description: '`Strict-Transport-Security: max-age=…`, over HTTPS only; `0` for none.',
      examples: [31536000],
    }),
  sts_include_subdomains: toggle('Adds `includeSubdomains` to it.'),
  force_sts_header: toggle('Sends it over plain HTTP as well.'),
  frame_deny: toggle('Sends `X-Frame-Options: DENY`.'),
  custom_frame_options_value: headerValue().meta({
    description: 'Another value of that header.',
    examples: ['SAMEORIGIN'],
  }),
  content_type_nosniff: toggle(
    'Sends `X-Content-Type-Options: nosniff`, which every body of the gateway itself has anyway; this adds `no-op` and answers without a body.',
  ),
  browser_xss_filter: toggle('Sends `X-XSS-Protection: 1; mode=block`, which browsers of today ignore.'),
  content_security_policy: headerValue().meta({
    description: '`Content-Security-Policy`.',
    examples: ["default-src 'none'"],
  }),
  referrer_policy: headerValue().meta({ description: '`Referrer-Policy`.', examples: ['no-referrer'] }),
  hpkp_public_key: headerValue().meta({
    description:
      '`Public-Key-Pins`, over HTTPS; browsers ignore it, and a warning says so. `public_key` means the same.',
    examples: ['pin-sha256="d6qz"; max-age=5184000'],
  }),
  public_key: headerValue().meta({
    description: 'The same as `hpkp_public_key`.',
    deprecated: true,
    examples: ['pin-sha256="d6qz"; max-age=5184000'],
  }),
  is_development: toggle('Leaves out all that needs the public name or HTTPS: hosts, redirect, STS and pins.'),
  ssl_certificate: ofTheServer('cert.pem'),
  ssl_private_key: ofTheServer('key.pem'),
});

export const schema = fields.transform(({ allowed_hosts: hosts, ...options }, context) => {
  if (options.is_development || hosts.length === 0) return { ...options, isAllowedHost: undefined };
  if (!options.allowed_hosts_are_regex) return { ...options, isAllowedHost: exactly(hosts) };
  const { error } = patterns().safeParse(hosts);
  for (const { path, message } of error?.issues ?? []) {
    context.addIssue({ code: 'custom', path: ['allowed_hosts', ...path], message });
  }
  if (error) return z.NEVER;
  return { ...options, isAllowedHost: patterns().parse(hosts.map((host) => `(?i)^(?:${host})$`)) };
});

export type Settings = z.output<typeof schema>;

function exactly(hosts: readonly string[]): MatchAny {
  const folded = new Set(hosts.map((host) => host.toLowerCase()));
  return (host) => folded.has(host.toLowerCase());
}
