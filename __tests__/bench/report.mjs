// What was measured, in numbers and against the targets.

/**
 * `quartile` is what a quarter of them are below: neighbours on the machine only ever add to a figure.
 *
 * @param {number[]} values
 */
export function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], quartile: sorted[sorted.length >> 2], median, max: sorted.at(-1) };
}

/** @param {import('./measure.mjs').Turn[]} turns */
export function summarize(turns) {
  return {
    cpu: summary(turns.map(({ cpu }) => cpu)),
    rate: summary(turns.map(({ rate }) => rate)),
    rss: summary(turns.map(({ rss }) => rss)),
  };
}

/**
 * How much more CPU time one contender takes than another: the median over the rounds, since the two turns of a round
 * were next to each other and met the same neighbours on the machine.
 *
 * @param {import('./measure.mjs').Turn[]} mine
 * @param {import('./measure.mjs').Turn[]} others
 */
export function ratioOf(mine, others) {
  return summary(mine.map(({ cpu }, round) => cpu / others[round].cpu)).median;
}

const EXPRESS = 'tributary-express5';
/** In a server made with `serverOptions`. */
const WITH_OPTIONS = 'tributary-express5-options';
const PEERS = ['http-proxy-middleware', 'express-http-proxy', 'fast-proxy', 'httpxy'];
/** The cheapest of them with `serverOptions` as well: to be looked at, not to be judged by. */
const HELPED = ['fast-proxy-options'];
/** Express that answers by itself. */
const ALONE = 'express-alone';
const AGGREGATE = ['aggregate-2', 'aggregate-3'];

/** CPU time per request of `who` against the best of `against`, at most `limit` times as much. */
const TARGETS = [
  { cases: AGGREGATE, who: EXPRESS, against: ['express-axios'], limit: 0.36 },
  { cases: AGGREGATE, who: EXPRESS, against: ['express-undici'], limit: 1.1 },
  { cases: AGGREGATE, who: 'tributary-http', against: ['http-undici'], limit: 1.4 },
  { cases: ['proxy', 'passthrough'], who: EXPRESS, against: PEERS, limit: 0.6 },
  { cases: ['proxy', 'passthrough'], who: WITH_OPTIONS, against: PEERS, limit: 0.6 },
  { cases: ['manipulate'], who: 'tributary-http', against: ['http-undici'], limit: 1.1 },
  { cases: ['large'], who: 'tributary-http', against: ['http-undici'], limit: 0.7 },
  { cases: ['routes-1000'], who: WITH_OPTIONS, against: ['(aggregate-2)'], limit: 1.05 },
  // 1.00, and what the figure may be off.
  { cases: ['unused'], who: WITH_OPTIONS, against: ['(aggregate-2)'], limit: 1.02 },
];

/**
 * @param {Record<string, Record<string, import('./measure.mjs').Turn[]>>} results by case and contender
 */
export function judge(results) {
  return TARGETS.flatMap(({ cases, who, against, limit }) =>
    cases.flatMap((name) => {
      const turns = results[name] ?? {};
      const others = against.filter((other) => turns[other]);
      if (turns[who] === undefined || others.length === 0) return [];
      const shown = [...others, ...HELPED.filter((other) => turns[other])];
      const to = (mine) => shown.map((other) => ratioOf(mine, turns[other]));
      const own = to(turns[who]);
      const ratio = Math.max(...own.slice(0, others.length));
      // What nobody can get below, since it is what Express takes that calls nobody.
      const alone = turns[who.endsWith('-options') ? `${ALONE}-options` : ALONE];
      const bounds = alone ? { alone: to(alone), own, others: shown } : undefined;
      return { case: name, who, against, limit, ratio, bounds, isMet: ratio <= limit };
    }),
  );
}

/** @param {string[][]} rows the first one is the head */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
    )
    .join('\n');
}

/**
 * One case as text, the least CPU time first.
 *
 * @param {Record<string, import('./measure.mjs').Turn[]>} contenders
 */
export function caseTable(name, contenders) {
  const rows = Object.entries(contenders)
    .map(([contender, turns]) => ({ contender, turns, ...summarize(turns) }))
    .sort((a, b) => a.cpu.median - b.cpu.median);
  return table([
    [name, 'CPU µs', 'min', 'max', '× best', 'req/s', 'RSS MB'],
    ...rows.map(({ contender, turns, cpu, rate, rss }) => [
      `  ${contender}`,
      cpu.median.toFixed(1),
      cpu.min.toFixed(1),
      cpu.max.toFixed(1),
      ratioOf(turns, rows[0].turns).toFixed(2),
      rate.median.toFixed(0),
      (rss.median / 2 ** 20).toFixed(0),
    ]),
  ]);
}

/**
 * What each component takes: microseconds of CPU time per request more than without any, as the median over the rounds.
 *
 * @param {Record<string, import('./measure.mjs').Turn[]>} contenders of one case, the gateway with all components first
 * @param {string} reference the label of the gateway without components
 * @returns {{ what: string, more: number, ratio: number }[]} the dearest first, all of them together at the end
 */
export function costsOf(contenders, reference) {
  const without = contenders[reference];
  const [all, ...others] = Object.keys(contenders);
  const labels = others.filter((label) => label.startsWith('+ '));
  function cost(what, turns) {
    const more = summary(turns.map(({ cpu }, round) => cpu - without[round].cpu)).median;
    return { what, more, ratio: ratioOf(turns, without) };
  }
  return [
    ...labels.map((label) => cost(label.slice(2), contenders[label])).sort((a, b) => b.more - a.more),
    cost('all together', contenders[all]),
  ];
}

/** @param {ReturnType<typeof costsOf>} costs */
export function costTable(costs) {
  return table([
    ['cost of components', 'CPU µs more', '×'],
    ...costs.map(({ what, more, ratio }) => [`  ${what}`, more.toFixed(1), ratio.toFixed(3)]),
  ]);
}

/** The gateway against the one of `--base`. */
export function baseTable(results) {
  const rows = Object.entries(results).flatMap(([name, contenders]) =>
    Object.keys(contenders).flatMap((contender) => {
      const base = contenders[`base ${contender}`];
      return base ? [[`${name}: ${contender}`, ratioOf(contenders[contender], base).toFixed(3)]] : [];
    }),
  );
  return table([['against base', '×'], ...rows]);
}

export function targetTable(verdicts) {
  return table([
    ['target', 'at most', 'is', ''],
    ...verdicts.map(({ case: name, who, against, limit, ratio, isMet }) => [
      `${name}: ${who} / ${against.join(', ')}`,
      limit.toFixed(2),
      ratio.toFixed(2),
      isMet ? 'met' : 'MISSED',
    ]),
  ]);
}
