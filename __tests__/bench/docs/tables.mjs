// The tables of docs/benchmarks.md, made of results.json.
import { CONTENDERS } from '../contenders/index.mjs';
import { formatValue } from './chart.mjs';

const titles = new Map(CONTENDERS.map(({ name, title }) => [name, title]));

/** @param {string} name of a contender, or in brackets of the case that the gateway also does */
function titleOf(name) {
  return titles.get(name) ?? `${name.slice(1, -1)} alone`;
}

function inMegabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1);
}

/** @param {string[][]} rows the first one is the head; all columns but the first are numbers */
function markdown(rows) {
  const [head, ...body] = rows.map((row) => `| ${row.join(' | ')} |`);
  return [
    head,
    `|---|${rows[0]
      .slice(1)
      .map(() => '--:|')
      .join('')}`,
    ...body,
  ].join('\n');
}

function machineLine({ machine: { node, cores, cpu }, quick }) {
  const warning =
    quick.length > 0 ? ` **Measured quickly, for trying out, and not to be believed: ${quick.join(', ')}.**` : '';
  return `Node ${node}, ${cores} cores (${cpu}).${warning}`;
}

function targetTable({ cases, memory, growth }) {
  const verdict = (isMet) => (isMet ? 'met' : '**missed**');
  const straight = Object.entries(growth.results).map(([curve, { 'tributary-express5': own }]) => [
    `cost over ${curve}, R² of a straight line`,
    `≥ ${growth.settings.leastR2}`,
    own.fit.r2.toFixed(4),
    verdict(own.isStraight),
  ]);
  return markdown([
    ['what', 'to reach', 'is', ''],
    ...cases.targets.map(({ case: name, who, against, limit, ratio, isMet }) => {
      const others = against.length > 1 ? 'the best proxy as it comes' : titleOf(against[0]);
      return [`${name}: ${titleOf(who)} / ${others}`, `≤ ${limit.toFixed(2)}`, ratio.toFixed(2), verdict(isMet)];
    }),
    ...memory.targets.map(({ what, limit, is, isMet }) => [
      what.replace(/[a-z]+(-[a-z0-9]+)+/g, titleOf),
      `≤ ${limit.toLocaleString('en')}`,
      limit > 10 ? Math.round(is).toLocaleString('en') : is.toFixed(2),
      verdict(isMet),
    ]),
    ...straight,
  ]);
}

/** The label of the case that the gateway also does, where it is measured against itself. */
function besideOf(contenders) {
  return Object.keys(contenders).find((label) => label.startsWith('('));
}

/** Contenders by cases. */
function matrix(results, head, cell) {
  const names = Object.keys(results).filter((name) => besideOf(results[name]) === undefined);
  const contenders = CONTENDERS.map(({ name }) => name).filter((name) => names.some((one) => results[one][name]));
  return markdown([
    [head, ...names],
    ...contenders.map((contender) => [
      titleOf(contender),
      ...names.map((name) => (results[name][contender] ? cell(results[name][contender]) : '')),
    ]),
  ]);
}

function cpuTable({ cases: { results } }) {
  return matrix(results, 'CPU µs per request: median (min–max)', ({ cpu: { median, min, max } }) =>
    [formatValue(median), `(${formatValue(min)}–${formatValue(max)})`].join(' '),
  );
}

/** The gateway beside each proxy, and Express that calls nobody beside it: less is not to be had under Express. */
function peerTable({ cases: { targets } }) {
  const measured = targets.filter(({ bounds }) => bounds);
  const columns = measured.flatMap(({ case: name, who, bounds: { own, alone, others } }) => {
    const alike = who.endsWith('-options') ? 'Express alone, serverOptions' : 'Express alone';
    const by = (ratios) => (peer) => ratios[others.indexOf(peer)]?.toFixed(2) ?? '';
    return [
      { head: `${titleOf(who)}: ${name}`, cell: by(own) },
      { head: `${alike}: ${name}`, cell: by(alone) },
    ];
  });
  const peers = new Set(measured.flatMap(({ bounds: { others } }) => others));
  return markdown([
    ['CPU time, as parts of that of', ...columns.map(({ head }) => head)],
    ...[...peers].map((peer) => [titleOf(peer), ...columns.map(({ cell }) => cell(peer))]),
  ]);
}

function rateTable({ cases: { results } }) {
  return matrix(results, 'requests per second', ({ rate }) => formatValue(rate.median));
}

function residentTable({ cases: { results } }) {
  return matrix(results, 'resident MB', ({ rss }) => formatValue(rss.median / 2 ** 20));
}

/** The gateway against itself: cases that are measured beside another one. */
function selfTable({ cases: { results } }) {
  const rows = Object.entries(results).flatMap(([name, contenders]) => {
    const beside = besideOf(contenders);
    if (beside === undefined) return [];
    const own = Object.keys(contenders).find((label) => label !== beside);
    const [mine, other] = [own, beside].map((label) => contenders[label].cpu.median);
    return [[name, formatValue(mine), beside.slice(1, -1), formatValue(other)]];
  });
  return markdown([['case', 'CPU µs', 'beside', 'CPU µs'], ...rows]);
}

function componentTable({ components: { costs } }) {
  return markdown([
    ['component', 'CPU µs more', '×'],
    ...costs.full.map(({ what, more, ratio }) => [
      what.includes('/') ? `\`${what}\`` : `**${what}**`,
      more.toFixed(1),
      ratio.toFixed(2),
    ]),
  ]);
}

function memoryTable({ memory: { results } }) {
  return markdown([
    ['MB', 'heap after a tenth', 'heap at the end', 'growth, fitted', 'resident'],
    ...Object.entries(results).map(([name, { samples, growth, rss }]) => [
      titleOf(name),
      inMegabytes(samples[0].heapUsed),
      inMegabytes(samples.at(-1).heapUsed),
      (growth / 2 ** 20).toFixed(2),
      inMegabytes(rss),
    ]),
  ]);
}

function latencyTable({ latency: { results } }) {
  const ms = (one, ...percentiles) => percentiles.map((percentile) => one[percentile].median.toFixed(2));
  return markdown([
    ['ms', 'saturates at', 'at', 'p50', 'p99', 'p99.9', 'at', 'p50', 'p99', 'p99.9'],
    ...Object.entries(results).map(([name, { saturation, own, common }]) => [
      titleOf(name),
      `${formatValue(saturation)}/s`,
      `${formatValue(own.rate)}/s`,
      ...ms(own, 'p50', 'p99', 'p999'),
      `${formatValue(common.rate)}/s`,
      ...ms(common, 'p50', 'p99', 'p999'),
    ]),
  ]);
}

/** @param {{ formatX(value: number): string, per: number }} measure `per`: what the slope is given for */
function growthTable(curve, { formatX, per }) {
  const [{ points: places }] = Object.values(curve);
  return markdown([
    ['CPU µs', ...places.map(({ x }) => formatX(x)), 'fixed', `per ${formatX(per)}`, 'R²', 'farthest off'],
    ...Object.entries(curve).map(([name, { points, fit }]) => [
      titleOf(name),
      ...points.map(({ quartile }) => formatValue(quartile)),
      formatValue(fit.intercept),
      formatValue(fit.slope * per),
      fit.r2.toFixed(4),
      `${Math.round(fit.departure * 100)} %`,
    ]),
  ]);
}

function formatBytes(bytes) {
  return bytes >= 999_500 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e3).toFixed(0)} KB`;
}

/** What a place of a profile belongs to. */
function partOf(place) {
  if (place.startsWith('/'))
    return place.includes('/', 1) ? `lib${place.slice(0, place.indexOf('/', 1))}` : 'lib, the rest';
  if (place === '(garbage collector)') return 'garbage collection';
  // The parser of undici is a WebAssembly module, which has no name.
  if (/^[0-9a-f]{8}$/.test(place)) return 'undici';
  if (place === 'node') return 'Node’s JavaScript';
  if (['express', 'router', 'parseurl', 'finalhandler', 'on-finished'].includes(place)) return 'Express';
  return ['undici', 'axios'].includes(place) ? place : 'native calls: sockets, promises, text';
}

function partsOf({ byPlace }) {
  const parts = new Map();
  for (const { name, micros } of byPlace) parts.set(partOf(name), (parts.get(partOf(name)) ?? 0) + micros);
  return parts;
}

function profileTable({ profiles: [mine, floor] }) {
  const [own, others] = [mine, floor].map(partsOf);
  const names = [...new Set([...own.keys(), ...others.keys()])];
  const rows = names
    .map((name) => [name, own.get(name) ?? 0, others.get(name) ?? 0])
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, ...values]) => [name, ...values.map((value) => value.toFixed(1))]);
  return markdown([
    [`µs per request of \`${mine.case}\``, titleOf(mine.contender), titleOf(floor.contender)],
    ...rows,
    ['**together**', mine.micros.toFixed(1), floor.micros.toFixed(1)],
  ]);
}

const FUNCTIONS = 15;

/** The functions of the gateway's profile that take the most themselves. */
function functionTable({ profiles: [{ byFunction }] }) {
  const rows = byFunction.slice(0, FUNCTIONS).map(({ name, micros, share }) => {
    const [called, place] = name.replaceAll('|', '\\|').split(' · ');
    const where = place.replace(/^\//, 'lib/').replace(/:\d+$/, '').replace('.js', '');
    return [`\`${called}\`, ${where}`, micros.toFixed(1), `${(share * 100).toFixed(1)} %`];
  });
  return markdown([['own time', 'µs', 'share'], ...rows]);
}

/**
 * @param {any} measured what results.json holds
 * @returns {Record<string, string>} Markdown by the name of its place on the page
 */
export function tablesOf(measured) {
  const { backends, bytes } = measured.growth.results;
  return {
    machine: machineLine(measured),
    targets: targetTable(measured),
    cpu: cpuTable(measured),
    peers: peerTable(measured),
    rate: rateTable(measured),
    resident: residentTable(measured),
    self: selfTable(measured),
    components: componentTable(measured),
    memory: memoryTable(measured),
    latency: latencyTable(measured),
    'growth-backends': growthTable(backends, { formatX: String, per: 1 }),
    'growth-bytes': growthTable(bytes, { formatX: formatBytes, per: 1000 }),
    profile: profileTable(measured),
    functions: functionTable(measured),
  };
}

/**
 * A page with its tables in their places, each between `<!-- table: name -->` and `<!-- end -->`.
 *
 * @param {string} page
 * @param {Record<string, string>} tables
 */
export function fillPage(page, tables) {
  return page.replace(/(<!-- table: ([\w-]+) -->\n)[\s\S]*?(<!-- end -->)/g, (_all, start, name, end) => {
    if (tables[name] === undefined) throw new Error(`docs/benchmarks.md has a place for ${name}, which is no table.`);
    return `${start}\n${tables[name]}\n\n${end}`;
  });
}
