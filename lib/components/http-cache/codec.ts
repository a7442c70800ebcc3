import type { Headers } from '../../proxy.js';
import type { Entry } from './entry.js';

/** What is kept under a key of a shared store: an entry, or the headers by which its variants have keys of their own. */
export type Stored = { readonly entry: Entry } | { readonly vary: readonly string[] };

/** Texts of another layout count as not there. */
const LAYOUT = 2;

/** As text, which every client of every store can carry: a line of JSON, then the body byte by byte. */
export function encodeEntry({ body, ...head }: Entry): string {
  return `${JSON.stringify({ layout: LAYOUT, size: body.length, head })}\n${body.toString('latin1')}`;
}

export function encodeVary(vary: readonly string[]): string {
  return JSON.stringify({ layout: LAYOUT, vary });
}

/** Undefined for what this version did not write, or what is not whole any more. */
export function decodeStored(text: string): Stored | undefined {
  const end = text.indexOf('\n');
  let stored: unknown;
  try {
    stored = JSON.parse(end < 0 ? text : text.slice(0, end));
  } catch {
    return undefined;
  }
  if (!isRecord(stored) || stored['layout'] !== LAYOUT) return undefined;
  const { vary, head, size } = stored;
  if (vary !== undefined) return isListOfTexts(vary) ? { vary } : undefined;
  if (end < 0 || size !== text.length - end - 1 || !isHead(head)) return undefined;
  const headers = Object.assign(Object.create(null), head.headers);
  return { entry: { ...head, headers, body: Buffer.from(text.slice(end + 1), 'latin1') } };
}

type Head = Omit<Entry, 'body'>;

const NUMBERS = ['askedAt', 'lifetime', 'initialAge', 'staleIfError'];

function isHead(value: unknown): value is Head {
  return (
    isRecord(value) &&
    isStatus(value['status']) &&
    isHeaders(value['headers']) &&
    NUMBERS.every((name) => Number.isFinite(value[name])) &&
    typeof value['mayBeStale'] === 'boolean' &&
    isListOfTexts(value['vary']) &&
    typeof value['variant'] === 'string'
  );
}

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599;
}

function isHeaders(value: unknown): value is Headers {
  return isRecord(value) && Object.values(value).every((line) => typeof line === 'string' || isListOfTexts(line));
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
