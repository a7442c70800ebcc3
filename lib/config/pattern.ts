import { z } from 'zod';
import { requirePackage } from '../core/peer.js';
import { show } from './explain.js';

type Re2 = typeof import('re2js');

/** Whether one of the patterns is found anywhere in a text. */
export type MatchAny = (text: string) => boolean;

/**
 * A list of regular expressions, compiled at start. The syntax is that of Go (RE2). The time of a match grows with the
 * length of the text and with nothing else, so that no text can stall the process.
 */
export function patterns() {
  return z.array(z.string()).transform((sources, context): MatchAny => {
    // It takes ten milliseconds to load: a configuration without patterns does not pay for it.
    if (sources.length === 0) return () => false;
    const faults = sources.map(faultOf);
    faults.forEach((message, index) => {
      if (message !== undefined) context.addIssue({ code: 'custom', path: [index], message });
    });
    return faults.every((fault) => fault === undefined) ? compileAll(sources) : z.NEVER;
  });
}

/** All of them in one machine: it reads a text once, however many patterns there are. */
function compileAll(sources: readonly string[]): MatchAny {
  const { RE2Set } = loadRe2();
  const set = new RE2Set();
  for (const source of sources) set.add(source);
  set.compile();
  return (text) => set.match(text).length > 0;
}

function faultOf(source: string): string | undefined {
  try {
    loadRe2().RE2JS.compile(source);
    return undefined;
  } catch (error) {
    return `${show(source)} ${adviceOn(error)}`;
  }
}

const LOOK_AROUND = /^\(\?<?[=!]/;
const BACK_REFERENCE = /^\\[1-9k]/;

/** What the package says of a pattern, in whole sentences. An error of another kind is not about the pattern. */
function adviceOn(error: unknown): string {
  const { RE2JSSyntaxException, RE2JSCompileException } = loadRe2();
  if (error instanceof RE2JSCompileException) return 'is too large a regular expression; write it shorter.';
  if (!(error instanceof RE2JSSyntaxException)) throw error;
  const { error: reason, input } = error;
  if (LOOK_AROUND.test(input ?? '')) return refusal('look-ahead or look-behind');
  if (BACK_REFERENCE.test(input ?? '')) return refusal('back references');
  return `is not a regular expression in the syntax of Go (RE2): ${reason}${input ? ` in ${show(input)}` : ''}.`;
}

function refusal(feature: string): string {
  return `uses ${feature}, which the syntax of Go (RE2) does not have: a hostile text could make them very slow. Write it without.`;
}

/** Node remembers what it has loaded. */
function loadRe2(): Re2 {
  return requirePackage<Re2>('re2js', 'A regular expression of the configuration');
}
