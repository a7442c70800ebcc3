import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { show } from '../../config/explain.js';
import { durationOrZero, flag, HEADER_NAME, LONGEST_DURATION, text } from '../../config/fields.js';
import { addToList } from '../../core/list-header.js';
import type { Policy } from '../../proxy.js';
import { defineComponent, type Fault } from '../component.js';
import { adviceOnOrigin, createOriginCheck } from './origins.js';

const ALLOW_ORIGIN = 'Access-Control-Allow-Origin';
const ALLOW_CREDENTIALS = 'Access-Control-Allow-Credentials';
const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
const PRIVATE_VARY = `${PREFLIGHT_VARY}, Access-Control-Request-Private-Network`;
const SECOND = 1_000;

/** What a backend says of CORS is about its own clients. */
const OWN_HEADERS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-private-network',
  'access-control-expose-headers',
  'access-control-max-age',
];

/** What browsers may send in any case, and what KrakenD 1.3 allows where nothing is said. */
const USUAL_HEADERS = ['Accept', 'Content-Type', 'X-Requested-With'];
const USUAL_METHODS = ['GET', 'POST', 'HEAD'];

function tokens(what: string) {
  return z.array(text((value) => HEADER_NAME.test(value), what));
}

const schema = z.strictObject({
  allow_origins: z
    .array(
      text(
        (value) => value !== '' && value.indexOf('*') === value.lastIndexOf('*') && !/[\s,]/.test(value),
        'an origin with at most one "*" in it',
      ),
    )
    .default(['*'])
    .meta({
      description: 'Whose pages may read answers.',
      more: 'See [origins](#origins).',
      examples: [['https://shop.example', 'https://*.shop.example']],
    }),
  allow_methods: tokens('a method, or "*" for all')
    .default(USUAL_METHODS)
    .meta({
      description: 'Methods that these pages may use; `*` for all. An empty list means the default.',
      examples: [['GET', 'POST', 'DELETE']],
    }),
  allow_headers: tokens('the name of a header, or "*" for all')
    .default(['*'])
    .meta({
      description:
        'Request headers that these pages may set, in any case; `*` for all. `Origin` is always one of them. An empty list means `Accept`, `Content-Type` and `X-Requested-With`.',
      examples: [['Authorization', 'Content-Type']],
    }),
  expose_headers: tokens('the name of a header, or "*" for all')
    .default([])
    .meta({
      description: 'Headers of an answer that these pages may read, besides those that every page may.',
      examples: [['Content-Length']],
    }),
  max_age: durationOrZero(LONGEST_DURATION)
    .default(0)
    .meta({
      description: 'How long a browser may remember a preflight; `0s` leaves that to the browser.',
      examples: ['12h'],
    }),
  allow_credentials: flag().meta({
    description: 'Pages may send cookies; needs origins that are named.',
    examples: [true],
  }),
  allow_private_network: flag().meta({
    description: 'Pages of public networks may call a gateway in a private one.',
    examples: [true],
  }),
  options_passthrough: flag().meta({
    examples: [true],
    description:
      'A preflight gets its headers, and its answer from what else serves `OPTIONS`: an endpoint, `auto_options` or the app.',
  }),
  options_success_status: z
    .int()
    .min(200)
    .max(299)
    .default(204)
    .meta({ description: 'Status of the answer to a preflight, 200 to 299. KrakenD 1.3 had 200.', examples: [200] }),
  debug: flag().meta({ examples: [true], description: 'Logs, at level `debug`, why a page was not allowed.' }),
});

type Settings = z.output<typeof schema>;

/** Answers CORS preflights, and lets pages of other origins read the gateway's answers, errors included. */
export const cors = defineComponent({
  namespace: 'security/cors',
  aliases: ['github.com/devopsfaith/krakend-cors'],
  schema,
  exposesSignal: false,
  readsData: false,

  advise({ allow_origins: origins, allow_credentials: hasCredentials }): readonly Fault[] {
    const advice: Fault[] = [];
    origins.forEach((origin, index) => {
      const message = adviceOnOrigin(origin);
      if (message !== undefined)
        advice.push({ path: ['allow_origins', index], message: `${show(origin)} ${message}.` });
    });
    if (origins.length === 0) {
      advice.push({
        path: ['allow_origins'],
        message: 'an empty list allows every origin, as ["*"] does; name yours.',
      });
    }
    if (hasCredentials && allowsAll(origins)) advice.push({ path: ['allow_credentials'], message: WITHOUT_EFFECT });
    return advice;
  },

  policy(settings, { logger }) {
    return createCorsPolicy(settings, (fields, message) => {
      if (settings.debug) logger.debug(fields, message);
    });
  },
});

const WITHOUT_EFFECT =
  'has no effect while all origins are allowed: browsers refuse credentials for "*". Name the origins in "allow_origins".';

/** An empty list means all, as in KrakenD. */
function allowsAll(origins: readonly string[]): boolean {
  return origins.length === 0 || origins.includes('*');
}

type Explain = (fields: object, message: string) => void;

function createCorsPolicy(settings: Settings, explain: Explain): Policy {
  const {
    allow_credentials: hasCredentials,
    allow_private_network: hasPrivate,
    options_passthrough: passes,
  } = settings;
  const isAllowedOrigin = allowsAll(settings.allow_origins) ? undefined : createOriginCheck(settings.allow_origins);
  // `OPTIONS` always is: it does nothing, and asks what else may be done.
  const isAllowedMethod = createTokenCheck(['OPTIONS', ...orUsual(settings.allow_methods, USUAL_METHODS)], (name) =>
    name.toUpperCase(),
  );
  const isAllowedHeader = createTokenCheck(['Origin', ...orUsual(settings.allow_headers, USUAL_HEADERS)], (name) =>
    name.toLowerCase(),
  );
  const exposed = settings.expose_headers.join(', ');
  const maxAge = settings.max_age > 0 ? String(Math.floor(settings.max_age / SECOND)) : undefined;
  const status = settings.options_success_status;
  const preflightVary = hasPrivate ? PRIVATE_VARY : PREFLIGHT_VARY;

  function setOrigin(response: ServerResponse, origin: string): void {
    response.setHeader(ALLOW_ORIGIN, isAllowedOrigin ? origin : '*');
    if (hasCredentials) response.setHeader(ALLOW_CREDENTIALS, 'true');
  }

  function answer(response: ServerResponse): boolean {
    if (passes) return false;
    response.writeHead(status, status === 204 ? {} : { 'content-length': '0' });
    response.end();
    return true;
  }

  /** What of a request keeps the page it comes from out; undefined where nothing does. */
  function refusalOf(origin: string, method: string, names: string): string | undefined {
    if (isAllowedOrigin && !isAllowedOrigin(origin)) return 'the origin';
    if (!isAllowedMethod(method)) return 'the method';
    return namesOf(names).every(isAllowedHeader) ? undefined : 'a header';
  }

  function setPreflightHeaders({ headers }: IncomingMessage, response: ServerResponse): void {
    const { origin = '', 'access-control-request-method': method = '' } = headers;
    const names = headers['access-control-request-headers'] ?? '';
    const refusal = refusalOf(origin, method, names);
    if (refusal !== undefined) {
      explain({ origin, method, headers: names }, `CORS: ${refusal} is not allowed`);
      return;
    }
    setOrigin(response, origin);
    response.setHeader('Access-Control-Allow-Methods', method);
    if (names !== '') response.setHeader('Access-Control-Allow-Headers', names);
    if (maxAge !== undefined) response.setHeader('Access-Control-Max-Age', maxAge);
    if (hasPrivate && headers['access-control-request-private-network'] === 'true') {
      response.setHeader('Access-Control-Allow-Private-Network', 'true');
    }
  }

  return {
    owns: OWN_HEADERS,
    coversBuiltIns: true,

    preflight(request, response) {
      addToList(response, 'Vary', preflightVary);
      if (request.headers.origin && !isAnsweredByApp(response)) setPreflightHeaders(request, response);
      return answer(response);
    },

    apply({ method = 'GET', headers: { origin } }, response) {
      addToList(response, 'Vary', 'Origin');
      if (!origin || isAnsweredByApp(response)) return false;
      const refusal = refusalOf(origin, method, '');
      if (refusal !== undefined) {
        explain({ origin, method }, `CORS: ${refusal} is not allowed`);
        return false;
      }
      setOrigin(response, origin);
      if (exposed !== '') response.setHeader('Access-Control-Expose-Headers', exposed);
      return false;
    },
  };
}

/** A middleware of the app, such as `cors`, has decided already. */
function isAnsweredByApp(response: ServerResponse): boolean {
  return response.hasHeader(ALLOW_ORIGIN);
}

function orUsual(given: readonly string[], usual: readonly string[]): readonly string[] {
  return given.length > 0 ? given : usual;
}

/** `*` allows whatever HTTP can carry as a name. */
function createTokenCheck(allowed: readonly string[], fold: (name: string) => string): (name: string) => boolean {
  if (allowed.includes('*')) return (name) => HEADER_NAME.test(name);
  const folded = new Set(allowed.map(fold));
  return (name) => folded.has(fold(name));
}

function namesOf(list: string): readonly string[] {
  return list === '' ? [] : list.split(',').map((name) => name.trim());
}
