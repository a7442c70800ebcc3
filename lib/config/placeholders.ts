import { compileEndpointPath, type EndpointPath } from './endpoint-path.js';
import { suggest } from './nearest.js';
import type { ReadEndpoint } from './read.js';
import type { Report } from './report.js';
import type { EndpointConfig } from './resolved.js';

const ANSWER = /^resp(\d{1,3})_.+$/;
const WHOLE_ANSWER = /^resp(\d{1,3})(?:_.+)?$/;
const CLAIM = /^JWT\..+$/;

/** Every placeholder must have something to be filled with: a param, an earlier answer, or a claim that a component adds. */
export function checkPlaceholders(endpoint: EndpointConfig, { path, backends }: ReadEndpoint, report: Report): void {
  if (report.isFaulty([...path, 'endpoint'])) return;
  const { params } = compileEndpointPath(endpoint.endpoint);
  const regular = endpoint.backend.filter((backend) => !backend.proxy.shadow);

  endpoint.backend.forEach((backend, index) => {
    const place = [...backends[index]!.path, 'url_pattern'];
    if (report.isFaulty(place)) return;
    // Answers are numbered without the shadow backends, which no request waits for.
    const own = backend.proxy.shadow ? -1 : regular.indexOf(backend);
    const hasClaims = [...endpoint.components, ...backend.components].some(({ addsParams }) => addsParams);
    for (const name of backend.url_pattern.params) {
      const fault = faultOf(name, params, endpoint, own, hasClaims);
      if (fault !== undefined) report.add(place, fault);
    }
  });
}

/** Which backend's answer `resp0` or `resp0_field` is about. */
export function answerNumber(name: string): number {
  return Number(WHOLE_ANSWER.exec(name)?.[1]);
}

function faultOf(
  name: string,
  params: EndpointPath['params'],
  { proxy, backend }: EndpointConfig,
  own: number,
  hasClaims: boolean,
): string | undefined {
  if (params.has(name)) return undefined;
  if (CLAIM.test(name)) {
    return hasClaims
      ? undefined
      : `uses {${name}}, but nothing fills it; give the endpoint an "auth/validator", or let the "request" function of a "modifier/js" add "${name}" to the params.`;
  }
  if (name === '*') return 'ends in "/*", but the endpoint does not, so there is nothing to put there.';
  const answer = ANSWER.exec(name)?.[1];
  if (answer === undefined) {
    const inputs = [...params].map((param) => `{${param}}`).join(', ');
    const known = inputs === '' ? 'The endpoint has no params.' : `The endpoint has ${inputs}.`;
    return `has the unknown placeholder {${name}}. ${known}${suggest(name, params)}`;
  }
  if (own < 0) return `uses {${name}}, but a shadow backend sees no answers of others.`;
  if (own === 0) {
    return `uses {${name}}, but ${backend.length === 1 ? 'a single' : 'the first'} backend has no earlier answer to take it from.`;
  }
  if (!proxy.sequential)
    return `uses {${name}}, which needs a sequential endpoint; set "sequential": true in its proxy namespace.`;
  if (Number(answer) >= own)
    return `uses {${name}}, but only answers of earlier backends are there: ${own === 1 ? 'resp0' : `resp0 to resp${own - 1}`}.`;
  return undefined;
}
