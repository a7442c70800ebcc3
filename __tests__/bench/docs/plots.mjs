// The pictures of docs/benchmarks.md, made of results.json.
import { CONTENDERS } from '../contenders/index.mjs';
import { barPanel, formatValue, linePanel, picture, spanPanel } from './chart.mjs';

const WIDTH = 840;
const GATEWAY = 0;
const OTHERS = 1;
const FLOOR = 2;
const MEGABYTE = 2 ** 20;
/** Pixels for the names of contenders. */
const LABELS = 205;

const kinds = new Map(CONTENDERS.map(({ name, kind }) => [name, kind]));
const titles = new Map(CONTENDERS.map(({ name, kind, title }) => [name, kind === 'peer' ? name : title]));

/** What a contender is called in a picture. */
function shortName(name) {
  const title = titles.get(name) ?? name;
  return title
    .replace('express-tributary', 'tributary')
    .replace(' and ', ' + ')
    .replace('Express 5 +', 'Express +')
    .replace('Express 5, serverOptions', 'serverOptions')
    .replace(/, no \w+/, '');
}

function colorOf(name) {
  return kinds.get(name) === 'gateway' ? GATEWAY : OTHERS;
}

const PANELS = [
  ['aggregate-2', 'aggregate-3'],
  ['manipulate', 'large'],
  ['proxy', 'passthrough'],
];

function casePlot({ results }) {
  const rows = PANELS.map((names) =>
    names.map((name) => {
      const bars = Object.entries(results[name]).map(([contender, { cpu }]) => ({
        name: shortName(contender),
        value: cpu.median,
        color: colorOf(contender),
      }));
      return barPanel(
        `${name}, µs`,
        bars.toSorted((a, b) => a.value - b.value),
        LABELS,
      );
    }),
  );
  return picture('CPU time per request of each contender, by case: less is better', WIDTH, rows);
}

const LINES = [
  ['tributary-express5', 'tributary', GATEWAY],
  ['tributary-express5-options', 'with serverOptions', OTHERS],
  ['express-undici', 'Express + undici', FLOOR],
];

/** The gateway under Express, in both servers, and its floor, as lines: those that were measured. */
function linesOf(results, make) {
  return LINES.filter(([contender]) => results[contender]).map(([contender, name, color]) => ({
    name,
    color,
    ...make(results[contender]),
  }));
}

function memoryPlot({ results }) {
  function lines(key) {
    return linesOf(results, ({ samples }) => ({
      points: samples.map((sample) => ({ x: sample.requests, y: sample[key] / MEGABYTE })),
    }));
  }
  const axes = {
    x: 'requests',
    formatX: (value) => (value >= 1e6 ? `${value / 1e6} M` : `${Math.round(value / 1000)} k`),
    formatY: (value) => String(value),
  };
  return picture('Memory over the requests of a run', WIDTH, [
    [
      linePanel('heap after collection, MB', lines('heapUsed'), axes),
      linePanel('resident size, MB', lines('rss'), axes),
    ],
  ]);
}

function latencyPlot({ results }) {
  const names = Object.keys(results);
  function panel(title, kind) {
    const spans = names.map((name) => ({
      name: shortName(name),
      values: ['p50', 'p99', 'p999'].map((percentile) => results[name][kind][percentile].median),
      color: colorOf(name),
    }));
    return spanPanel(title, spans, { labels: LABELS, format: (value) => `${value} ms` });
  }
  const panels = [
    panel('p50, p99, p99.9 at half of its own saturation', 'own'),
    panel('p50, p99, p99.9 at half of the slowest one’s', 'common'),
  ];
  return picture('Latency: p50, p99 and p99.9 of each contender, on a scale of powers of ten', WIDTH, [panels]);
}

function growthPanel(title, curve, { upTo, x, formatX }) {
  const series = linesOf(curve, ({ points, fit }) => {
    const shown = points.filter((point) => point.x <= upTo).map((point) => ({ x: point.x, y: point.quartile }));
    return { points: shown, fit };
  });
  return linePanel(title, series, { x, formatX, formatY: formatValue });
}

function backendsPlot({ results }) {
  const axes = { upTo: Number.POSITIVE_INFINITY, x: 'backends of 1 KB each', formatX: String };
  const panel = growthPanel('CPU µs per request', results.backends, axes);
  return picture('CPU time per request over the backends of an endpoint', WIDTH / 2 + 40, [[panel]]);
}

function bytesPlot({ results }) {
  const small = { upTo: 100_000, x: 'KB of each of two documents', formatX: (value) => String(value / 1000) };
  const large = {
    upTo: Number.POSITIVE_INFINITY,
    x: 'MB of each of two documents',
    formatX: (value) => String(value / 1e6),
  };
  return picture('CPU time per request over the size of two documents', WIDTH, [
    [
      growthPanel('CPU µs per request, up to 64 KB', results.bytes, small),
      growthPanel('CPU µs per request, up to 4 MB', results.bytes, large),
    ],
  ]);
}

/**
 * @param {any} results what results.json holds
 * @returns {Record<string, string>} SVG by the name of its file
 */
export function plotsOf({ cases, memory, latency, growth }) {
  return {
    'cases.svg': casePlot(cases),
    'memory.svg': memoryPlot(memory),
    'latency.svg': latencyPlot(latency),
    'growth-backends.svg': backendsPlot(growth),
    'growth-bytes.svg': bytesPlot(growth),
  };
}
