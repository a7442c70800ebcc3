import type { z } from 'zod';

const LONGEST = 60;

function mask(text: string): string {
  return text.replace(/\/\/\S*@/g, '//***@');
}

/** A value as messages show it: JSON, cut short, without credentials of URLs. */
export function show(value: unknown): string {
  if (typeof value === 'symbol' || value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = mask(JSON.stringify(value) ?? String(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const KINDS: ReadonlyMap<string, string> = new Map([
  ['string', 'a string'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'an array'],
  ['object', 'an object'],
  ['record', 'an object'],
]);

function article(kind: string): string {
  return KINDS.get(kind) ?? kind;
}

/** The sentence for one of zod's findings, in the words of this package. */
export function explain(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return `is missing; give ${article(issue.expected)}.`;
      return `must be ${article(issue.expected)}, not ${show(issue.input)}.`;
    case 'invalid_value':
      return `must be ${issue.values.map(show).join(' or ')}, not ${show(issue.input)}.`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? 'must not be empty.'
        : `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}, not ${show(issue.input)}.`;
    case 'too_big':
      return `must be at most ${issue.maximum}, not ${show(issue.input)}.`;
    case 'invalid_key':
      return issue.issues[0]?.message ?? 'has a key that is not valid.';
    case 'unrecognized_keys':
      return 'is not a known option here.';
    default:
      return `is not valid: ${show(issue.input)}.`;
  }
}
