// Small SVG charts, written by hand. They paint their own ground: a page may be light where the system is dark.

const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #52514e; }
  .title { font-weight: 600; fill: #0b0b0b; }
  .value { fill: #0b0b0b; font-variant-numeric: tabular-nums; }
  .ground { fill: #fcfcfb; }
  .grid { stroke: #e1e0d9; }
  .axis { stroke: #c3c2b7; }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
  .fill-0 { fill: #2a78d6; } .line-0 { stroke: #2a78d6; }
  .fill-1 { fill: #b4b2a9; } .line-1 { stroke: #b4b2a9; }
  .fill-2 { fill: #eb6834; } .line-2 { stroke: #eb6834; }
  .point { stroke: #fcfcfb; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #c3c2b7; }
    .title, .value { fill: #ffffff; }
    .ground { fill: #1a1a19; }
    .grid { stroke: #2c2c2a; }
    .axis { stroke: #383835; }
    .fill-0 { fill: #3987e5; } .line-0 { stroke: #3987e5; }
    .fill-1 { fill: #6e6d67; } .line-1 { stroke: #6e6d67; }
    .fill-2 { fill: #d95926; } .line-2 { stroke: #d95926; }
    .point { stroke: #1a1a19; }
  }`;

const TEXT_HEIGHT = 4;
const ROW = 22;
const TITLE = 24;

/** @param {string} text */
export function escapeText(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Three digits, as many as are worth reading. @param {number} value */
export function formatValue(value) {
  if (value === 0) return '0';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** A tenth of a pixel is as fine as it gets. */
function round(value) {
  return Math.round(value * 10) / 10;
}

function text(x, y, content, { anchor = 'start', kind } = {}) {
  const name = kind === undefined ? '' : ` class="${kind}"`;
  return `<text${name} x="${round(x)}" y="${round(y + TEXT_HEIGHT)}" text-anchor="${anchor}">${escapeText(content)}</text>`;
}

function line(kind, x1, y1, x2, y2) {
  return `<line class="${kind}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

/** Round numbers from 0 to `max` or next to nothing below it, about five of them. */
export function ticksTo(max) {
  const rough = max / 4.02;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  return Array.from({ length: Math.ceil(max / step - 0.02) + 1 }, (_, index) => index * step);
}

/**
 * A whole picture: panels side by side, row under row.
 *
 * @param {string} title what it shows, for those who cannot see it
 * @param {number} width
 * @param {{ height: number, draw(x: number, y: number, width: number): string[] }[][]} rows
 */
export function picture(title, width, rows) {
  const gap = 24;
  const body = [];
  let y = gap / 2;
  for (const panels of rows) {
    const each = (width - gap * (panels.length + 1)) / panels.length;
    for (const [index, panel] of panels.entries()) body.push(...panel.draw(gap + index * (each + gap), y, each));
    y += Math.max(...panels.map(({ height }) => height)) + gap;
  }
  const height = y - gap / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeText(title)}</title>
<style>${STYLE}
</style>
<rect class="ground" width="${width}" height="${height}" rx="6"/>
${body.join('\n')}
</svg>
`;
}

/**
 * Lying bars, each with its name and value.
 *
 * @param {string} title
 * @param {{ name: string, value: number, color: number }[]} bars
 * @param {number} labels width of the names
 */
export function barPanel(title, bars, labels) {
  const values = 48;
  return {
    height: TITLE + bars.length * ROW,
    draw(x, y, width) {
      const scale = (width - labels - values) / Math.max(...bars.map(({ value }) => value));
      const drawn = bars.flatMap(({ name, value, color }, index) => {
        const middle = y + TITLE + (index + 0.5) * ROW;
        const end = x + labels + value * scale;
        return [
          text(x + labels - 8, middle, name, { anchor: 'end' }),
          `<rect class="fill-${color}" x="${round(x + labels)}" y="${round(middle - 7)}" width="${round(value * scale)}" height="14" rx="2"/>`,
          text(end + 6, middle, formatValue(value), { kind: 'value' }),
        ];
      });
      return [text(x, y + 8, title, { kind: 'title' }), ...drawn];
    },
  };
}

/**
 * Spans with a dot for each value, one under the other, on a scale of powers of ten.
 *
 * @param {string} title
 * @param {{ name: string, values: number[], color: number }[]} spans
 * @param {{ labels: number, format(value: number): string }} options `labels` is the width of the names
 */
export function spanPanel(title, spans, { labels, format }) {
  const all = spans.flatMap(({ values }) => values);
  const from = Math.floor(Math.log10(Math.min(...all)));
  const to = Math.ceil(Math.log10(Math.max(...all)));
  return {
    height: TITLE + spans.length * ROW + 20,
    draw(x, y, width) {
      const bottom = y + TITLE + spans.length * ROW;
      const at = (value) => x + labels + ((Math.log10(value) - from) / (to - from)) * (width - labels - 12);
      const powers = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
      const grid = powers.flatMap((power) => [
        line('grid', at(power), y + TITLE, at(power), bottom),
        text(at(power), bottom + 10, format(power), { anchor: 'middle' }),
      ]);
      const drawn = spans.flatMap(({ name, values, color }, index) => {
        const middle = y + TITLE + (index + 0.5) * ROW;
        return [
          text(x + labels - 8, middle, name, { anchor: 'end' }),
          line(`line line-${color}`, at(values[0]), middle, at(values.at(-1)), middle),
          ...values.map(
            (value) => `<circle class="fill-${color} point" cx="${round(at(value))}" cy="${middle}" r="5"/>`,
          ),
        ];
      });
      return [text(x, y + 8, title, { kind: 'title' }), ...grid, ...drawn];
    },
  };
}

/**
 * Points over a measure, with a line through them or the one that fits them; both axes begin at 0.
 *
 * @param {string} title
 * @param {{ name: string, color: number, points: { x: number, y: number }[], fit?: { intercept: number, slope: number } }[]} series
 * @param {{ x: string, formatX(value: number): string, formatY(value: number): string }} axes
 */
export function linePanel(title, series, { x: label, formatX, formatY }) {
  const points = series.flatMap((one) => one.points);
  const ticksX = ticksTo(Math.max(...points.map(({ x }) => x)));
  const ticksY = ticksTo(Math.max(...points.map(({ y }) => y)));
  const plot = 180;
  return {
    height: TITLE + 20 + plot + 34,
    draw(x, y, width) {
      const left = x + 48;
      const top = y + TITLE + 20;
      const bottom = top + plot;
      const atX = (value) => left + (value / ticksX.at(-1)) * (x + width - 12 - left);
      const atY = (value) => bottom - (value / ticksY.at(-1)) * plot;
      const grid = [
        ...ticksY.flatMap((tick) => [
          line(tick === 0 ? 'axis' : 'grid', left, atY(tick), atX(ticksX.at(-1)), atY(tick)),
          text(left - 8, atY(tick), formatY(tick), { anchor: 'end' }),
        ]),
        ...ticksX.map((tick) => text(atX(tick), bottom + 12, formatX(tick), { anchor: 'middle' })),
        text(atX(ticksX.at(-1) / 2), bottom + 30, label, { anchor: 'middle' }),
      ];
      let place = x;
      const legend = series.flatMap(({ name, color }) => {
        const key = [`<circle class="fill-${color}" cx="${place + 5}" cy="${y + TITLE + 2}" r="5"/>`];
        key.push(text(place + 16, y + TITLE + 2, name));
        place += 32 + name.length * 6.5;
        return key;
      });
      const drawn = series.flatMap(({ color, points: own, fit }) => {
        const last = Math.max(...own.map((point) => point.x));
        const path = fit ? [0, last].map((at) => ({ x: at, y: fit.intercept + fit.slope * at })) : own;
        const corners = path.map((point) => `${round(atX(point.x))},${round(atY(point.y))}`).join(' ');
        const dots = own.map(
          (point) =>
            `<circle class="fill-${color} point" cx="${round(atX(point.x))}" cy="${round(atY(point.y))}" r="5"/>`,
        );
        return [`<polyline class="line line-${color}" points="${corners}"/>`, ...dots];
      });
      return [text(x, y + 8, title, { kind: 'title' }), ...legend, ...grid, ...drawn];
    },
  };
}
