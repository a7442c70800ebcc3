import { show } from './explain.js';
import { isHttpHost, isRecordName, isVerbatimHost, sanitizeHost } from './hosts.js';
import { usesHostsVerbatim } from './inherit.js';
import { hidesData, reasonOf } from './leftovers.js';
import { suggest } from './nearest.js';
import type { Path } from './path.js';
import { checkPlaceholders } from './placeholders.js';
import type { ReadBackend, ReadEndpoint, ReadRoot } from './read.js';
import type { Report } from './report.js';
import type { BackendConfig, Config, EndpointConfig, Segment } from './resolved.js';
import type { Vocabulary } from './vocabulary.js';

/** Everything that only shows when options are seen together. */
export function checkConfig(config: Config, root: ReadRoot, vocabulary: Vocabulary, report: Report): void {
  checkHosts(root.raw.host ?? [], ['host'], isOrigin, report);
  checkRoutes(config, root, report);
  config.endpoints.forEach((endpoint, index) => {
    const read = root.endpoints[index]!;
    checkEndpoint(endpoint, read, vocabulary, report);
    checkComponents(read, endpoint, undefined, report);
    endpoint.backend.forEach((backend, place) => {
      checkBackend(endpoint, backend, read.backends[place]!, vocabulary, report);
      if (!report.isFaulty([...read.path, 'endpoint']))
        checkComponents(read.backends[place]!, endpoint, backend, report);
    });
    checkPlaceholders(endpoint, read, report);
  });
}

/** What components find beside their endpoint and backend. A host that is at fault already is that once. */
function checkComponents(
  { path, components }: ReadEndpoint | ReadBackend,
  endpoint: EndpointConfig,
  backend: BackendConfig | undefined,
  report: Report,
): void {
  if (backend === undefined && report.isFaulty([...path, 'endpoint'])) return;
  const host = report.isFaulty([...path, 'host']) ? report.text([...path, 'host']) : undefined;
  for (const component of components) {
    for (const issue of component.faultsAt?.(endpoint, backend) ?? []) {
      if (issue.path !== host) report.take(issue);
    }
  }
}

const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

function shapeOf({ segments, method }: EndpointConfig): string {
  function textOf(segment: Segment): string {
    if ('literal' in segment) return decodeURIComponent(segment.literal);
    // No literal holds a control character.
    return 'param' in segment ? '\u0001' : '\u0002';
  }
  return `${method} /${segments.map(textOf).join('/')}`;
}

function checkRoutes(config: Config, { endpoints, core }: ReadRoot, report: Report): void {
  const seen = new Map<string, EndpointConfig>();
  config.endpoints.forEach((endpoint, index) => {
    const { path } = endpoints[index]!;
    if (report.isFaulty([...path, 'endpoint']) || report.isFaulty([...path, 'method'])) return;
    const shape = shapeOf(endpoint);
    const other = seen.get(shape);
    if (other === undefined) seen.set(shape, endpoint);
    else {
      report.add(
        [...path, 'endpoint'],
        `"${endpoint.method} ${endpoint.endpoint}" is the same route as "${other.method} ${other.endpoint}" of ${other.at}.`,
      );
    }
    if (!core.router.disable_health && endpoint.endpoint === core.router.health_path) {
      report.add([...path, 'endpoint'], 'is the path of the health route; move one of them.');
    }
  });
}

function checkEndpoint(
  endpoint: EndpointConfig,
  { path, raw, core }: ReadEndpoint,
  vocabulary: Vocabulary,
  report: Report,
): void {
  const { decoders, encoders, passthrough, combiners } = vocabulary;
  checkEncoding(endpoint.output_encoding, [...path, 'output_encoding'], encoders, vocabulary, report);
  if (raw.encoding !== undefined) {
    checkEncoding(raw.encoding, [...path, 'encoding'], decoders, vocabulary, report);
  }
  const proxy = [...path, 'extra_config', 'proxy'];
  checkName(endpoint.proxy.combiner, [...proxy, 'combiner'], combiners, 'combiner', report);

  const regular = endpoint.backend.filter((backend) => !backend.proxy.shadow);
  if (endpoint.backend.length === 0) {
    if (!report.isFaulty([...path, 'backend'])) report.add([...path, 'backend'], 'must hold at least one backend.');
  } else if (regular.length === 0) {
    report.add([...path, 'backend'], 'holds shadow backends only; at least one has to answer.');
  }
  if (!passthrough.has(endpoint.output_encoding)) return;

  if (regular.length > 1) {
    report.add(
      [...path, 'backend'],
      `must hold one backend, not ${regular.length}: output_encoding "${endpoint.output_encoding}" passes its answer through.`,
    );
  }
  if (hidesData(core.proxy.flatmap_filter)) {
    report.add([...proxy, 'flatmap_filter'], cannotHide(`output_encoding "${endpoint.output_encoding}"`));
  }
}

function checkBackend(
  endpoint: EndpointConfig,
  backend: BackendConfig,
  { path, raw, core, components }: ReadBackend,
  vocabulary: Vocabulary,
  report: Report,
): void {
  const { decoders, passthrough, subscribers, balancers } = vocabulary;
  checkEncoding(backend.encoding, [...path, 'encoding'], decoders, vocabulary, report);
  checkName(backend.sd, [...path, 'sd'], subscribers, 'service discovery', report);
  checkName(backend.balancer, [...path, 'balancer'], balancers, 'balancer', report);
  checkBackendHosts(endpoint, backend, { path, raw, components }, vocabulary, report);
  if (components.filter(({ replacesWire }) => replacesWire).length > 1) {
    report.add(
      [...path, 'extra_config'],
      'holds two things that answer in place of HTTP; give each a backend of its own.',
    );
  }

  if (backend.concurrent_calls > 1 && backend.method !== 'GET') {
    const owner = !raw.concurrent_calls ? 'set concurrent_calls: 1 on this backend' : 'set it to 1';
    report.add(
      [...path, 'concurrent_calls'],
      `would send ${backend.method} ${backend.concurrent_calls} times; ${owner}.`,
    );
  }
  if (backend.retry && !REPEATABLE.has(backend.method)) {
    report.add([...path, 'retry'], `would repeat ${backend.method}, which may not be sent twice; remove it.`);
  }
  if (backend.required && backend.proxy.shadow) {
    report.add([...path, 'required'], 'contradicts "shadow": the answer of a shadow backend is ignored.');
  }
  // A document that is never decoded cannot be filtered: what the filter is there to hide would show.
  if (!passthrough.has(backend.encoding)) return;
  const message = cannotHide(reasonOf(endpoint, backend));
  if (backend.allow.length > 0) report.add([...path, 'allow'], message);
  if (backend.deny.length > 0) report.add([...path, 'deny'], message);
  if (hidesData(core.proxy.flatmap_filter)) report.add([...path, 'extra_config', 'proxy', 'flatmap_filter'], message);
}

function cannotHide(reason: string): string {
  return `cannot hide anything under ${reason}, which leaves the answer untouched; remove it.`;
}

function isOrigin(host: string): string | undefined {
  return sanitizeHost(host) === undefined
    ? 'must be a host such as "http://users.internal:8080", without path, query and credentials'
    : undefined;
}

function isVerbatim(host: string): string | undefined {
  return isVerbatimHost(host) ? undefined : 'must not be empty or hold spaces, control characters or "\\"';
}

function isHttp(host: string): string | undefined {
  return isHttpHost(host)
    ? undefined
    : 'must be a URL such as "http://users.internal:8080/v1": nothing else can be called over HTTP';
}

function isRecord(host: string): string | undefined {
  return isRecordName(host) ? undefined : 'must be the name of a DNS record, such as "_http._tcp.users.internal"';
}

function checkHosts(
  hosts: readonly string[],
  path: Path,
  faultOf: (host: string) => string | undefined,
  report: Report,
): void {
  hosts.forEach((host, index) => {
    const fault = faultOf(host);
    if (fault !== undefined) report.add([...path, index], `${fault}, not ${show(host)}.`);
  });
}

function checkBackendHosts(
  endpoint: EndpointConfig,
  backend: BackendConfig,
  { path, raw, components }: Omit<ReadBackend, 'core'>,
  { hasOwnTransport }: Vocabulary,
  report: Report,
): void {
  const place = [...path, 'host'];
  const own = raw.host ?? [];
  // What is at fault may be what would have called the host in place of HTTP.
  const isNonHttp = components.some(({ replacesWire }) => replacesWire) || report.isFaulty([...path, 'extra_config']);

  function checkOf(): (host: string) => string | undefined {
    if (backend.sd === 'dns') return isRecord;
    if (!usesHostsVerbatim(raw)) return isOrigin;
    return backend.sd !== 'static' || isNonHttp || hasOwnTransport ? isVerbatim : isHttp;
  }
  checkHosts(own, place, checkOf(), report);
  if (report.isFaulty(place) || report.isFaulty(['host'])) return;
  if (backend.sd === 'dns' && own.length === 0)
    report.add(place, 'is missing; give the name of the DNS record to look up.');
  else if (backend.sd === 'static' && backend.host.length === 0 && endpoint.proxy.static === undefined) {
    // Static data may be the whole answer: then the backend fails without a call, and the data takes its place.
    report.add(place, 'is missing; give the backend a host, or the root one for all.');
  }
}

function union(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...one, ...other]);
}

function checkEncoding(
  name: string,
  path: Path,
  known: ReadonlySet<string>,
  { passthrough, faultOf }: Vocabulary,
  report: Report,
): void {
  const kind = path.at(-1) === 'output_encoding' ? 'output_encoding' : 'encoding';
  checkName(name, path, union(known, passthrough), kind, report);
  const fault = report.isFaulty(path) ? undefined : faultOf(name);
  if (fault !== undefined) report.add(path, fault);
}

function checkName(name: string, path: Path, known: ReadonlySet<string>, kind: string, report: Report): void {
  if (known.has(name) || report.isFaulty(path)) return;
  const all = [...known].map((word) => `"${word}"`).join(', ');
  report.add(path, `must be a known ${kind}, not ${show(name)}.${suggest(name, known)} Known are ${all}.`);
}
