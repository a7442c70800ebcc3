import type { ServerResponse } from 'node:http';

const DISPOSITION = 'content-disposition';
const BEYOND_ASCII = /[^\0-\x7f]/;

/**
 * Sets a header so that its bytes go out as they are. Once Node knows the length of an answer it reads a Content-Disposition
 * as UTF-8, after its check, and writes the low byte of each character: U+010A becomes a line feed. What such a reading
 * makes of a Buffer is the text that it was made of.
 *
 * @throws what `setHeader` throws for values that HTTP cannot carry.
 */
export function setHeader(response: ServerResponse, name: string, value: string | readonly string[]): void {
  if (name.length === DISPOSITION.length && name.toLowerCase() === DISPOSITION) {
    // Node turns every value into text; its types do not say so.
    response.setHeader(name, (typeof value === 'string' ? protect(value) : value.map(protect)) as string);
  } else response.setHeader(name, value);
}

function protect(value: string): string | Buffer {
  return BEYOND_ASCII.test(value) ? Buffer.from(value) : value;
}
