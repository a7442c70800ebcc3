import type { Finding } from './load.js';
import { type Report, showFinding } from './report.js';

/** What the lab has found so far. */
export interface Findings {
  add(finding: Omit<Finding, 'turn' | 'result'> & Partial<Finding>): void;
  /** Those that count. */
  all(): readonly Finding[];
  /** Those that the clock tells and that are not counted yet. */
  timed(): number;
  /** Counts those that the clock tells, unless the machine was too busy to tell. */
  judge(report: Report): void;
}

/** Milliseconds beyond a limit that no busy machine explains. */
const CERTAIN = 300;
const SHOWN_OF_A_KIND = 2;
const SHOWN_KINDS = 40;

export function createFindings(seed: number, print: (text: string) => void): Findings {
  const certain: Finding[] = [];
  const timed: Finding[] = [];
  const shown = new Map<string, number>();

  /** Shows the first few of each kind: the same fault tends to come back. */
  function count(finding: Finding): void {
    certain.push(finding);
    const kind = `${finding.invariant} ${finding.message.replaceAll(/[a-z]\d+|\d+/g, '#').slice(0, 20)}`;
    const times = (shown.get(kind) ?? 0) + 1;
    shown.set(kind, times);
    if (times <= SHOWN_OF_A_KIND && shown.size <= SHOWN_KINDS) print(showFinding(finding, seed));
  }

  function add(partial: Parameters<Findings['add']>[0]): void {
    const finding: Finding = { turn: undefined, result: undefined, ...partial };
    if (finding.excess === undefined || finding.excess >= CERTAIN) count(finding);
    else timed.push(finding);
  }

  return {
    add,
    all() {
      return certain;
    },
    timed() {
      return timed.length;
    },
    judge(report) {
      if (!report.isStarved) for (const finding of timed) count(finding);
      for (const violation of report.violations) add(violation);
    },
  };
}
