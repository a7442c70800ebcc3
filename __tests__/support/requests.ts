import type { IncomingHttpHeaders } from 'node:http';
import type { BackendRequest, Headers, ProxyRequest, QueryPair } from '../../lib/proxy.js';

/** A request inside an endpoint; what a test does not care about is filled in. */
export function proxyRequest(init: Partial<ProxyRequest> = {}): ProxyRequest {
  return {
    method: 'GET',
    path: '/',
    params: {},
    query: [],
    headers: {},
    body: undefined,
    signal: new AbortController().signal,
    client: { ip: '127.0.0.1', headers: {} as IncomingHttpHeaders },
    ...init,
  };
}

/** A request on its way to one host. */
export function backendRequest(init: Partial<BackendRequest> = {}): BackendRequest {
  return { ...proxyRequest(), url: 'http://backend.test/', stream: false, ...init };
}

/** Headers as the gateway holds them: lower case, without a prototype. */
export function headersOf(headers: Readonly<Record<string, string | readonly string[]>>): Headers {
  return Object.assign(Object.create(null), headers);
}

/** Query pairs of plain text, such as `a=1&b=2`. */
export function queryOf(text: string): QueryPair[] {
  return text.split('&').map((pair) => {
    const [name = '', value = ''] = pair.split('=');
    return { name, value, text: pair };
  });
}
