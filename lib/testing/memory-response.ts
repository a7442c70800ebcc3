import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';

type HeaderValue = string | number | readonly string[];

/** The part of a `ServerResponse` that handlers use, keeping what is written. */
export class MemoryResponse extends Writable {
  statusCode = 200;
  statusMessage = '';
  headersSent = false;
  readonly #headers = new Map<string, HeaderValue>();
  readonly #chunks: Buffer[] = [];

  /** Handlers ask for a `ServerResponse`; what they touch of it is here. */
  asServerResponse(): ServerResponse<IncomingMessage> {
    return this as unknown as ServerResponse<IncomingMessage>;
  }

  get headers(): Readonly<Record<string, string | readonly string[]>> {
    const headers: Record<string, string | readonly string[]> = {};
    for (const [name, value] of this.#headers) headers[name] = typeof value === 'number' ? String(value) : value;
    return headers;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#headers.set(name.toLowerCase(), value);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const present = this.#headers.get(name.toLowerCase());
    const lines = present === undefined ? [] : [present].flat().map(String);
    return this.setHeader(name, [...lines, value].flat());
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.#headers.get(name.toLowerCase());
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  writeHead(
    status: number,
    ...rest: (string | OutgoingHttpHeaders | readonly (string | readonly string[])[] | undefined)[]
  ): this {
    this.statusCode = status;
    this.headersSent = true;
    const headers = rest.find((value) => typeof value === 'object');
    if (Array.isArray(headers)) {
      for (let index = 0; index < headers.length; index += 2) {
        const name = String(headers[index]);
        if (this.hasHeader(name)) this.appendHeader(name, headers[index + 1]);
        else this.setHeader(name, headers[index + 1]);
      }
    } else {
      for (const [name, value] of Object.entries(headers ?? {})) {
        if (value !== undefined) this.setHeader(name, value as HeaderValue);
      }
    }
    return this;
  }

  flushHeaders(): void {
    this.headersSent = true;
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.headersSent = true;
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    callback();
  }
}
