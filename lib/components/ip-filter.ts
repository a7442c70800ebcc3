import { z } from 'zod';
import { show } from '../config/explain.js';
import { type AddressList, createAddressList, isNetwork } from '../core/address-list.js';
import { RejectedError } from '../errors.js';
import { defineComponent } from './component.js';

const NOT_READ =
  'is not read here: "remote_ip_headers" and "trusted_proxies" of the "router" namespace, or "trust proxy" of Express, say for the whole gateway whose word on addresses is believed. Set them there and take this out.';
const networks = z.array(z.string()).min(1);

const schema = z
  .strictObject({
    allow: z
      .union([networks, z.boolean()], {
        error: ({ input }) => `must be a list of at least one address or network, not ${show(input)}.`,
      })
      .optional()
      .meta({
        description: 'Addresses and networks let in, all others are refused. With `cidr`: whether those are let in.',
        examples: [['10.0.0.0/8', '2001:db8::/32']],
      }),
    deny: networks
      .optional()
      .meta({ description: 'Addresses and networks refused; wins over `allow`.', examples: [['10.66.0.0/16']] }),
    cidr: networks.optional().meta({
      description: 'The list of KrakenD’s plug-in `ip-filter`, whose `allow` says what it means.',
      examples: [['10.0.0.0/8']],
    }),
    client_ip_headers: z
      .unknown()
      .optional()
      .meta({ description: 'Refused: `remote_ip_headers` of `router` takes its place.', isIdle: true, examples: [[]] }),
    trusted_proxies: z
      .unknown()
      .optional()
      .meta({ description: 'Refused: `trusted_proxies` of `router` takes its place.', isIdle: true, examples: [[]] }),
  })
  .transform((options, context): IpRules => {
    function fault(path: (string | number)[], message: string): void {
      context.addIssue({ code: 'custom', path, message });
    }
    const { allow, deny, cidr } = options;
    for (const [key, list] of Object.entries({ allow, deny, cidr })) {
      for (const [index, entry] of (Array.isArray(list) ? list : []).entries()) {
        if (!isNetwork(entry))
          fault([key, index], `${show(entry)} is neither an IP address nor a CIDR range such as 10.0.0.0/8.`);
      }
    }
    for (const key of ['client_ip_headers', 'trusted_proxies'] as const) {
      if (options[key] !== undefined) fault([key], NOT_READ);
    }
    if (cidr) {
      if (Array.isArray(allow)) fault(['allow'], 'must be true or false beside "cidr"; or take "cidr" out.');
      if (deny) fault(['deny'], 'contradicts "cidr"; keep one of them.');
      return allow === true ? rulesOf(cidr, undefined) : rulesOf(undefined, cidr);
    }
    if (typeof allow === 'boolean')
      fault(['allow'], 'must be a list of addresses and networks; only beside "cidr" it is true or false.');
    else if (!allow && !deny) fault([], 'must have "allow" or "deny": without them no client would be refused.');
    return rulesOf(Array.isArray(allow) ? allow : undefined, deny);
  });

export interface IpRules {
  /** Undefined: every address. */
  readonly allow: AddressList | undefined;
  readonly deny: AddressList;
}

function rulesOf(allow: readonly string[] | undefined, deny: readonly string[] = []): IpRules {
  return { allow: allow && createAddressList(allow), deny: createAddressList(deny) };
}

/** Refuses clients by their address with 403, for the whole gateway or for one endpoint. */
export const ipFilter = defineComponent({
  namespace: 'security/ip-filter',
  schema,
  exposesSignal: false,
  readsData: false,

  service(rules, { clientIp }) {
    return function rejectAddresses(request, response, next) {
      if (!isRefused(rules, clientIp(request))) return next();
      response.writeHead(403, { 'content-length': '0' });
      response.end();
    };
  },

  admit(rules) {
    const rejected = new RejectedError(403, 'The address of the client is not let in');
    return function rejectAddress({ client }) {
      return isRefused(rules, client.ip) ? rejected : undefined;
    };
  },
});

/** What has no address is in no list. */
function isRefused({ allow, deny }: IpRules, address: string): boolean {
  return deny.has(address) || (allow !== undefined && !allow.has(address));
}
