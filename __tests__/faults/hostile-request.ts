import type { Random } from './random.js';

/** A request that tries to reach what was not declared. */
export interface HostileRequest {
  readonly method: string;
  readonly bytes: Buffer;
  readonly mayContinue: boolean;
  /** Body and length disagree: what follows on the connection would be read as something else. */
  readonly spoilsConnection: boolean;
  /** What was done to it, for the report. */
  readonly mutations: readonly string[];
}

export interface HostileOptions {
  readonly prefix: string;
  /** Path of the route, such as `merge3`. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly token: string;
  /** A port that must never be called. */
  readonly evilPort: number;
  readonly canary: string;
}

interface Draft {
  method: string;
  target: string;
  version: string;
  query: string[];
  headers: string[];
  body: string;
  mayContinue: boolean;
  spoilsConnection: boolean;
}

const SUFFIXES = [
  '%2f..%2fadmin',
  '%2F',
  '/..',
  '/../admin',
  '%2e%2e',
  '%2e%2e%2f',
  '..%5c',
  '..;',
  '..;/admin',
  '\\..\\admin',
  '%5c',
  '%00',
  '%0d%0aX-Evil:%201',
  '%0a',
  '%7f',
  '%c2%80',
  '%c2%85',
  '%3f',
  '%3fadmin=1',
  '%23',
  '%26q=1',
  '%3dq',
  '%252f',
  '%252e%252e',
  '%25',
  '%E0%A4%A',
  '%c0%ae',
  '%ff',
  '%ed%a0%80',
  '{{.Resp0_secret}}',
  '{tok}',
  '{JWT.sub}',
  '$&',
  '$1',
  '%24%26',
  '@evil.example',
  ':80',
  '%40evil',
  'é',
  '%E2%80%A8',
  ' HTTP/1.0',
  '#frag',
  ';a=b',
  '//evil.example/',
  '%2f%2fevil.example',
  '*',
  '~!$()',
  "'",
  '"',
  '<script>',
  '|',
  '^',
  '`',
  '%u002f',
  '+',
  '%20',
  '\t',
  '%09',
];
const QUERIES = [
  'admin=1',
  'q[__proto__]=1',
  '__proto__=1',
  'constructor[prototype][x]=1',
  'q=%00',
  'q=a%0d%0aX-Evil:%201',
  'Q=1',
  'q',
  '=q',
  '&&',
  'q=%E0%A4%A',
  'q=%ff',
  'page=#x',
  'q=\\',
  'q=%26admin=1',
  'q=1;admin=1',
  'q=a+b',
  '%71=1',
  'q%00=1',
  'q=\u00e9',
  'q=%u0041',
  'q=<>',
  'q="',
];
const HEADERS = [
  'X-Forwarded-For: 6.6.6.6',
  'X_Forwarded_For: 6.6.6.6',
  'X-Forwarded-Host: evil.example',
  'X_Forwarded_Host: evil.example',
  'Forwarded: for=6.6.6.6;host=evil',
  'X-Real-Ip: 6.6.6.6',
  'Connection: X-Lab-Ok',
  'Connection: X-Forwarded-For, keep-alive',
  'Connection: close, X-Lab-Ok',
  'Keep-Alive: timeout=1',
  'Proxy-Connection: keep-alive',
  'Proxy-Authorization: Basic eA==',
  'Proxy: http://evil.example',
  'TE: trailers',
  'TE: gzip',
  'Trailer: X-Evil',
  'Upgrade: websocket\r\nConnection: Upgrade',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQ',
  'Alt-Svc: h2="evil:443"',
  'Host: evil.example',
  'Host:',
  'Content-Type: a/b\r\nContent-Type: c/d',
  '__proto__: x',
  'constructor: x',
  'X-Lab-Ok: a\x01b',
  'X-Lab-Ok: \xe9',
  'X_Lab_Ok: spoofed',
  'X-Lab-Ok : a',
  ' X-Lab-Ok: a',
  ': a',
  'X-Lab-Ok',
  'X-Original-Url: /admin',
  'X-Rewrite-Url: /admin',
  'X-Http-Method-Override: DELETE',
  'Content-Encoding: gzip',
  'Accept-Encoding: gzip;q=0, br;q=0, *;q=0',
  'Range: bytes=0-1',
  'If-None-Match: "a"',
  'Max-Forwards: 0',
  'Via: 1.1 evil',
  'Authorization: Bearer x\r\nAuthorization: Bearer y',
  'Cookie: a=1\r\nCookie: b=2',
];
const METHODS = [
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
  'PATCH',
  'get',
  'PROPFIND',
  'M-SEARCH',
  'QUERY',
  'G\x00T',
];
const VERSIONS = ['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'http/1.1', 'HTTP/1.1 ', 'HTTP/11'];

/** One request in a hundred thousand kinds: a sound one with one to three things wrong. */
export function createHostileRequest(options: HostileOptions, random: Random): HostileRequest {
  const { prefix, path, method, token, evilPort, canary } = options;
  const draft: Draft = {
    method,
    target: `${prefix}/${path}/${token}`,
    version: 'HTTP/1.1',
    query: random.chance(0.3) ? ['q=1'] : [],
    headers: ['Host: gateway.example', `Cookie: session=${canary}`],
    body: '',
    mayContinue: false,
    spoilsConnection: false,
  };
  if (method === 'POST') {
    draft.body = 'body';
    draft.headers.push('Content-Length: 4');
  }
  const mutations: string[] = [];

  function percentBytes(): string {
    return Array.from({ length: random.int(1, 6) }, () => `%${random.int(0, 255).toString(16).padStart(2, '0')}`).join(
      '',
    );
  }

  function rawByte(): string {
    return String.fromCharCode(random.pick([1, 9, 11, 12, 27, 34, 60, 92, 94, 96, 123, 127, 128, 160, 255]));
  }

  const mutate: readonly (() => string)[] = [
    function appendToParam() {
      const suffix = random.pick(SUFFIXES);
      draft.target += suffix;
      return `param ${suffix}`;
    },
    function appendBytes() {
      const suffix = percentBytes();
      draft.target += suffix;
      return `param ${suffix}`;
    },
    function insertByte() {
      const at = random.chance(0.5) ? draft.target.length : random.int(0, prefix.length + path.length + 1);
      const byte = rawByte();
      draft.target = draft.target.slice(0, at) + byte + draft.target.slice(at);
      return `byte ${byte.charCodeAt(0)} in the target`;
    },
    function prependToParam() {
      const start = random.pick(['..%2f', '%2e%2e/', '.%2e%5c', '%2f', '\\', '{tok}', '%00']);
      draft.target = draft.target.replace(token, start + token);
      return `param starts with ${start}`;
    },
    function spellPath() {
      const spelling = random.pick(['//', '/./', '/../', '/%2e/', '/x/../', '/;a=b/']);
      draft.target = draft.target.replace(`/${path}`, `${spelling}${path}`);
      return `path with ${spelling}`;
    },
    function changeCase() {
      draft.target = draft.target.replace(`/${path}`, `/${path.toUpperCase()}`);
      return 'path in upper case';
    },
    function absoluteForm() {
      const authority = random.pick([
        `127.0.0.1:${evilPort}`,
        'evil.example',
        `user:pass@127.0.0.1:${evilPort}`,
        '[::1]',
        '',
      ]);
      draft.target = `${random.pick(['http', 'https', 'file', 'data', 'HTTP'])}://${authority}${draft.target}`;
      return `absolute form ${authority}`;
    },
    function schemeRelative() {
      draft.target = `//127.0.0.1:${evilPort}${draft.target}`;
      return 'target with two slashes';
    },
    function addQuery() {
      const pair = random.pick(QUERIES);
      draft.query.push(pair);
      return `query ${pair}`;
    },
    function addQueryBytes() {
      const pair = `${random.pick(['q', 'page', 'x'])}=${percentBytes()}`;
      draft.query.push(pair);
      return `query ${pair}`;
    },
    function floodQuery() {
      for (let count = random.pick([999, 1001, 3000]); count > 0; count--) draft.query.push('q=1');
      return 'many query pairs';
    },
    function addHeader() {
      const header = random.pick(HEADERS);
      draft.headers.push(header);
      // Node reads nothing more from a connection on which an upgrade was asked for.
      if (header.startsWith('Upgrade')) draft.spoilsConnection = true;
      return `header ${header}`;
    },
    function addByteToHeader() {
      const byte = rawByte();
      draft.headers.push(`X-Lab-Ok: a${byte}b`);
      return `byte ${byte.charCodeAt(0)} in a header`;
    },
    function floodHeaders() {
      const count = random.pick([90, 300, 1900]);
      for (let n = 0; n < count; n++) draft.headers.push(`X-${n}: 1`);
      return `${count} headers`;
    },
    function bigHeader() {
      const size = random.pick([8_000, 15_000, 20_000, 70_000]);
      draft.headers.push(`X-Lab-Ok: ${'h'.repeat(size)}`);
      return `a header of ${size} bytes`;
    },
    function changeMethod() {
      draft.method = random.pick(METHODS);
      return `method ${draft.method}`;
    },
    function changeVersion() {
      draft.version = random.pick(VERSIONS);
      return `version ${draft.version}`;
    },
    function expectContinue() {
      draft.headers.push(`Expect: ${random.pick(['100-continue', '100-Continue', 'x'])}`);
      draft.mayContinue = true;
      return 'Expect';
    },
    function lieAboutLength() {
      const length = random.pick(['5', '100', '-1', '+4', '0x4', '4, 4', '', '99999999999', '4 4']);
      draft.headers = draft.headers.filter((line) => !line.startsWith('Content-Length'));
      draft.spoilsConnection = true;
      draft.headers.push(`Content-Length: ${length}`);
      return `Content-Length: ${length}`;
    },
  ];

  for (let count = random.int(1, 3); count > 0; count--) mutations.push(random.pick(mutate)());
  const target = draft.query.length > 0 ? `${draft.target}?${draft.query.join('&')}` : draft.target;
  const text = `${draft.method} ${target} ${draft.version}\r\n${draft.headers.join('\r\n')}\r\n\r\n${draft.body}`;
  return {
    method: draft.method,
    bytes: Buffer.from(text, 'latin1'),
    mayContinue: draft.mayContinue,
    spoilsConnection: draft.spoilsConnection,
    mutations,
  };
}
