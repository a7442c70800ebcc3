import { answerNumber } from './placeholders.js';
import type { ReadBackend, ReadEndpoint, ReadRoot } from './read.js';
import type { Report } from './report.js';
import type { BackendConfig, Config, EndpointConfig, FlatmapOperation } from './resolved.js';
import type { Vocabulary } from './vocabulary.js';

/** Says whether an option was given, and where below its endpoint or backend. */
type Leftover = readonly [isGiven: boolean, ...place: string[]];

/**
 * Warns of options that shape or combine answers where an answer is passed through untouched, or where there is nothing to
 * combine. KrakenD ignores them; so does what `inherit` makes of them.
 */
export function adviseOnLeftovers(config: Config, root: ReadRoot, vocabulary: Vocabulary, report: Report): void {
  const { passthrough, warn } = vocabulary;
  config.endpoints.forEach((endpoint, index) => {
    const read = root.endpoints[index]!;
    if (passthrough.has(endpoint.output_encoding)) {
      adviseOn(besidePassedOutput(read), read, `output_encoding "${endpoint.output_encoding}"`);
    } else adviseOnPropagated(endpoint, read);
    endpoint.backend.forEach((backend, place) => {
      if (!passthrough.has(backend.encoding)) return;
      adviseOn(besidePassedAnswer(read.backends[place]!), read.backends[place]!, reasonOf(endpoint, backend));
    });
  });

  function adviseOn(leftovers: readonly Leftover[], { path }: ReadEndpoint | ReadBackend, reason: string): void {
    for (const [isGiven, ...place] of leftovers) {
      if (!isGiven) continue;
      warn(
        report.text([...path, ...place]),
        `"${place.at(-1)}" does nothing under ${reason}, which leaves the answer untouched; remove it.`,
      );
    }
  }

  function adviseOnPropagated(endpoint: EndpointConfig, { path, core }: ReadEndpoint): void {
    core.proxy.sequential_propagated_params.forEach((name, index) => {
      if (endpoint.proxy.sequential_propagated_params.includes(name)) return;
      const at = [...path, 'extra_config', 'proxy', 'sequential_propagated_params', index];
      const reason = endpoint.proxy.sequential
        ? 'does nothing: it is not the answer of a backend that has others after it; remove it.'
        : 'does nothing without a sequential endpoint; set "sequential": true, or remove it.';
      warn(report.text(at), reason);
    });
  }
}

/** What leaves an answer untouched, as messages name it. */
export function reasonOf({ output_encoding }: EndpointConfig, { encoding }: BackendConfig): string {
  return encoding === output_encoding ? `output_encoding "${encoding}"` : `encoding "${encoding}"`;
}

/** Options that are there to hide data are no leftovers: without them, it would show. */
export function hidesData(operations: readonly FlatmapOperation[] | undefined): boolean {
  return operations?.some(({ type }) => type === 'del') ?? false;
}

/** The answers that later backends receive; the others go nowhere. */
export function propagatedOf(names: readonly string[], isSequential: boolean, backends: number): readonly string[] {
  return isSequential ? names.filter((name) => answerNumber(name) < backends - 1) : [];
}

function besidePassedOutput({ core: { proxy } }: ReadEndpoint): Leftover[] {
  const { sequential, strategy, combiner, static: data, flatmap_filter, sequential_propagated_params } = proxy;
  const at = (key: string): [string, string, string] => ['extra_config', 'proxy', key];
  return [
    [sequential === true, ...at('sequential')],
    [strategy === 'sequential', ...at('strategy')],
    [combiner !== 'deep' && combiner !== 'default', ...at('combiner')],
    [data !== undefined, ...at('static')],
    [Boolean(flatmap_filter?.length), ...at('flatmap_filter')],
    [sequential_propagated_params.length > 0, ...at('sequential_propagated_params')],
  ];
}

function besidePassedAnswer({ raw, core }: ReadBackend): Leftover[] {
  const http = core['backend/http'];
  return [
    [raw.target !== '', 'target'],
    [Object.keys(raw.mapping).length > 0, 'mapping'],
    [raw.group !== '', 'group'],
    [raw.is_collection, 'is_collection'],
    [Boolean(core.proxy.flatmap_filter?.length), 'extra_config', 'proxy', 'flatmap_filter'],
    [Boolean(http.return_error_details), 'extra_config', 'backend/http', 'return_error_details'],
    [http.return_error_code, 'extra_config', 'backend/http', 'return_error_code'],
  ];
}
