// What was measured, in numbers and against the targets.

/** @param {number[]} values */
export function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted.at(-1) };
}

/** @param {import('./measure.mjs').Turn[]} turns */
export function summarize(turns) {
  return {
    cpu: summary(turns.map(({ cpu }) => cpu)),
    rate: summary(turns.map(({ rate }) => rate)),
    rss: summary(turns.map(({ rss }) => rss)),
  };
}

const EXPRESS = 'tributary-express5';
const PEERS = ['http-proxy-middleware', 'express-http-proxy', 'fast-proxy', 'httpxy'];

/**
 * CPU per request of `who` in `cases` against the best of `against`, in the same run, at most `limit` times as much.
 * `inCase` takes the other side from another case.
 */
const TARGETS = [
  { cases: ['aggregate-2', 'aggregate-3'], who: EXPRESS, against: ['express-axios'], limit: 0.36 },
  { cases: ['aggregate-2', 'aggregate-3'], who: EXPRESS, against: ['express-undici'], limit: 1.1 },
  { cases: ['aggregate-2', 'aggregate-3'], who: 'tributary-http', against: ['http-undici'], limit: 1.4 },
  { cases: ['proxy', 'passthrough'], who: EXPRESS, against: PEERS, limit: 0.6 },
  { cases: ['large'], who: 'tributary-http', against: ['http-undici'], limit: 0.7 },
  { cases: ['manipulate'], who: 'tributary-http', against: ['http-undici'], limit: 1.1 },
  { cases: ['routes-1000'], who: EXPRESS, against: [EXPRESS], inCase: 'aggregate-2', limit: 1.05 },
  { cases: ['unused'], who: EXPRESS, against: [EXPRESS], inCase: 'aggregate-2', limit: 1.02 },
];

/**
 * @param {Record<string, Record<string, ReturnType<typeof summarize>>>} results by case and contender
 */
export function judge(results) {
  return TARGETS.flatMap(({ cases, who, against, inCase, limit }) =>
    cases.flatMap((name) => {
      const mine = results[name]?.[who]?.cpu.median;
      const others = against.flatMap((other) => results[inCase ?? name]?.[other]?.cpu.median ?? []);
      if (mine === undefined || others.length === 0) return [];
      const ratio = mine / Math.min(...others);
      return { case: name, who, against: inCase ?? against.join(', '), limit, ratio, isMet: ratio <= limit };
    }),
  );
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
    )
    .join('\n');
}

/** One case as text: the least CPU per request first. */
export function caseTable(name, contenders) {
  const rows = Object.entries(contenders).sort(([, a], [, b]) => a.cpu.median - b.cpu.median);
  const best = rows[0][1].cpu.median;
  return table([
    [name, 'CPU µs', 'min', 'max', '× best', 'req/s', 'RSS MB'],
    ...rows.map(([contender, { cpu, rate, rss }]) => [
      `  ${contender}`,
      cpu.median.toFixed(1),
      cpu.min.toFixed(1),
      cpu.max.toFixed(1),
      (cpu.median / best).toFixed(2),
      rate.median.toFixed(0),
      (rss.median / 2 ** 20).toFixed(0),
    ]),
  ]);
}

export function targetTable(verdicts) {
  return table([
    ['target', 'at most', 'is', ''],
    ...verdicts.map(({ case: name, who, against, limit, ratio, isMet }) => [
      `${name}: ${who} / ${against}`,
      limit.toFixed(2),
      ratio.toFixed(2),
      isMet ? 'met' : 'MISSED',
    ]),
  ]);
}
