import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { trustsProxies } from '../../core/host-app.js';
import { addToList } from '../../core/list-header.js';
import type { Policy } from '../../proxy.js';
import { defineComponent, type Fault } from '../component.js';
import { HOST, type Settings, schema } from './options.js';

const CSP = 'Content-Security-Policy';
/** No host is longer, with its port. */
const LONGEST_HOST = 300;

/** Sets the headers that browsers protect users by, refuses requests for foreign hosts, and redirects to HTTPS. */
export const securityHeaders = defineComponent({
  namespace: 'security/http',
  aliases: ['github.com/devopsfaith/krakend-httpsecure'],
  schema,
  exposesSignal: false,
  readsData: false,

  advise(settings): readonly Fault[] {
    const certificate = (['ssl_certificate', 'ssl_private_key'] as const).filter((key) => settings[key]);
    const advice = certificate.map((key) => ({ path: [key], message: NO_SERVER }));
    const pins = (['hpkp_public_key', 'public_key'] as const).filter((key) => settings[key]);
    return [...advice, ...pins.map((key) => ({ path: [key], message: NO_PINS }))];
  },

  policy: (settings) => createHttpPolicy(settings),
});

const NO_SERVER = 'has no effect here: it is the host application’s job, in https.createServer.';
const NO_PINS = 'protects no user: browsers ignore Public-Key-Pins. Take it out.';

type Header = readonly [name: string, value: string];

function createHttpPolicy(settings: Settings): Policy | undefined {
  const { isAllowedHost, content_security_policy: csp, is_development: isDevelopment } = settings;
  const headers = headersOf(settings);
  const sts = isDevelopment ? [] : stsOf(settings);
  const always = settings.force_sts_header ? [...headers, ...sts] : headers;
  const overHttps = [...(settings.force_sts_header ? [] : sts), ...(isDevelopment ? [] : pinsOf(settings))];
  const redirects = settings.ssl_redirect && !isDevelopment;
  if (!isAllowedHost && !redirects && !csp && always.length + overHttps.length === 0) return undefined;
  const hostOf = createHostReader(settings);
  const isSecure = createSchemeReader(settings);

  return {
    owns: [...always, ...overHttps].map(([name]) => name.toLowerCase()),

    apply(request, response) {
      if (isAllowedHost) {
        const host = hostOf(request);
        if (host.length > LONGEST_HOST || !isAllowedHost(host)) return refuse(request, response, 500);
      }
      const isOverHttps = (redirects || overHttps.length > 0) && isSecure(request);
      if (redirects && !isOverHttps)
        return redirect(request, response, settings.ssl_host || withoutPort(hostOf(request)));
      for (const [name, value] of always) response.setHeader(name, value);
      if (isOverHttps) for (const [name, value] of overHttps) response.setHeader(name, value);
      // What the app asks of a page holds as well: of several policies, browsers keep to each.
      if (csp) addToList(response, CSP, csp);
      return false;
    },
  };
}

function headersOf(settings: Settings): Header[] {
  const frames = settings.custom_frame_options_value || (settings.frame_deny && 'DENY');
  const headers: Header[] = [];
  if (frames) headers.push(['X-Frame-Options', frames]);
  if (settings.content_type_nosniff) headers.push(['X-Content-Type-Options', 'nosniff']);
  if (settings.browser_xss_filter) headers.push(['X-XSS-Protection', '1; mode=block']);
  if (settings.referrer_policy) headers.push(['Referrer-Policy', settings.referrer_policy]);
  return headers;
}

function stsOf({ sts_seconds: seconds, sts_include_subdomains: includes }: Settings): Header[] {
  if (seconds === 0) return [];
  return [['Strict-Transport-Security', `max-age=${seconds}${includes ? '; includeSubdomains' : ''}`]];
}

function pinsOf({ hpkp_public_key: key, public_key: older }: Settings): Header[] {
  const pins = key || older;
  return pins ? [['Public-Key-Pins', pins]] : [];
}

/** The host that the client asked for; empty where it named none. */
function createHostReader({ host_proxy_headers: listed }: Settings): (request: IncomingMessage) => string {
  const names = [...listed.map((name) => name.toLowerCase()), 'host', ':authority'];
  return function hostOf({ headers }) {
    for (const name of names) {
      const value = headers[name];
      if (typeof value === 'string' && value !== '') return value;
    }
    return '';
  };
}

/** What Express adds; anywhere else these members are missing. */
interface HostRequest extends IncomingMessage {
  readonly secure?: unknown;
  readonly originalUrl?: unknown;
}

/** Over TLS, or over a proxy that says so: one that the configuration names, or that the app trusts. */
function createSchemeReader({ ssl_proxy_headers: listed }: Settings): (request: IncomingMessage) => boolean {
  const proxies = Object.entries(listed).map(([name, value]) => [name.toLowerCase(), value] as const);
  return function isSecure(request) {
    if ((request.socket as Partial<TLSSocket>)?.encrypted === true) return true;
    return proxies.some(([name, value]) => request.headers[name] === value) || isSecureForApp(request);
  };
}

function isSecureForApp(request: HostRequest): boolean {
  return trustsProxies(request) && request.secure === true;
}

function refuse({ method }: IncomingMessage, response: ServerResponse, status: number): true {
  const body = 'Bad Host';
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
  });
  response.end(method === 'HEAD' ? undefined : body);
  return true;
}

/** A method other than these two would become GET by 301, and its body would be lost. */
function redirect(request: IncomingMessage, response: ServerResponse, host: string): true {
  if (!HOST.test(host)) return refuse(request, response, 400);
  const keepsMethod = request.method === 'GET' || request.method === 'HEAD';
  const location = `https://${host}${targetOf(request)}`;
  response.writeHead(keepsMethod ? 301 : 308, { location, 'content-length': '0' });
  response.end();
  return true;
}

/** The port of plain HTTP is never that of HTTPS. */
function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '');
}

/** Path and query as the client sent them, with what the app has cut off for the mount. */
function targetOf({ url = '/', originalUrl }: HostRequest): string {
  const target = typeof originalUrl === 'string' ? originalUrl : url;
  if (target.startsWith('/')) return target;
  // `GET http://host/path`: its host is only a claim.
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '');
  return path.startsWith('/') ? path : `/${path}`;
}
