import type { ConfigIssue } from '../errors.js';
import { type Path, pathText } from './path.js';

/** Collects the faults of one configuration, under the names its author wrote. */
export interface Report {
  readonly issues: readonly ConfigIssue[];
  add(path: Path, message: string): void;
  /** Takes an issue that is already worded, from a component. */
  take(issue: ConfigIssue): void;
  /** Remembers that the last step of `path` was written differently, so that issues can say it that way. */
  spell(path: Path, written: string): void;
  /** The path as its author wrote it. */
  text(path: Path): string;
  /** True when there is a fault at the path, below it, or at something that contains it. */
  isFaulty(path: Path): boolean;
}

export function createReport(): Report {
  const issues: ConfigIssue[] = [];
  const spelling = new Map<string, string>();
  const faults: string[] = [];

  function text(path: Path): string {
    return pathText(path.map((step, index) => spelling.get(pathText(path.slice(0, index + 1))) ?? step));
  }

  return {
    issues,
    add(path, message) {
      faults.push(pathText(path));
      issues.push({ path: text(path), message });
    },
    take(issue) {
      faults.push(issue.path);
      issues.push(issue);
    },
    spell(path, written) {
      spelling.set(pathText(path), written);
    },
    text,
    isFaulty(path) {
      const place = pathText(path);
      return faults.some((fault) => isWithin(fault, place) || isWithin(place, fault));
    },
  };
}

function isWithin(inner: string, outer: string): boolean {
  if (!inner.startsWith(outer)) return false;
  const next = inner[outer.length];
  return outer === '' || next === undefined || next === '.' || next === '[';
}
