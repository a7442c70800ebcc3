import { randomUUID } from 'node:crypto';

const LITERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Stands before the digits while the encoder writes. Whoever guessed it could smuggle in a number, nothing else. */
const MARK = `${randomUUID()}#`;
/** The quotes may be escaped where an object's own `toJSON` nests one JSON text in another. */
const MARKED = new RegExp(String.raw`(\\*)"${MARK}(-?\d[-+.\deE]*)\1"`, 'g');

let isWriting = false;
let wasMet = false;

/**
 * A number of a JSON document that a JavaScript number would change: `12345678901234567890`, `0.10`, `1e400`.
 * Calculating with it gives the nearest number, and in text it is what the backend wrote. All other numbers are plain.
 *
 * @throws TypeError when the text is not a number as JSON writes it.
 */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    if (!LITERAL.test(text)) throw new TypeError('A JsonNumber takes the text of a number as JSON writes it.');
    this.text = text;
    Object.freeze(this);
  }

  toString(): string {
    return this.text;
  }

  valueOf(): number {
    return Number(this.text);
  }

  /** The literal where the gateway writes the answer; elsewhere the nearest number. */
  toJSON(): number | string {
    if (!isWriting) return Number(this.text);
    wasMet = true;
    return MARK + this.text;
  }
}

/** Whether a value is a number that keeps its text. */
export function isJsonNumber(value: unknown): value is JsonNumber {
  return value instanceof JsonNumber;
}

/** `JSON.stringify`, with each `JsonNumber` as the literal it was read from. Costs nothing where there is none. */
export function stringifyJson(value: unknown): string {
  isWriting = true;
  wasMet = false;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } finally {
    isWriting = false;
  }
  if (text === undefined) return 'null';
  return wasMet ? text.replace(MARKED, '$2') : text;
}
