/** One answer as it stood on the wire. */
export interface RawResponse {
  readonly status: number;
  /** In order, names in lower case, values untouched. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
}

/** What has come of an answer that is not whole yet. */
export interface Fragment {
  readonly status: number | undefined;
  readonly bytes: number;
}

/**
 * A strict reader of HTTP/1.1 answers that shares nothing with Node's parser: what it refuses, the gateway should not
 * have sent. Throws `MalformedAnswer`.
 */
export interface ResponseReader {
  /** Says that an answer to this method comes next (after those already expected), perhaps behind a 100 it asked for. */
  expect(method: string, hasAskedToContinue?: boolean): void;
  /** Takes bytes in and gives back the answers that became whole. */
  push(chunk: Buffer): RawResponse[];
  /** The peer has ended: an answer delimited by that is whole now. */
  end(): RawResponse | undefined;
  fragment(): Fragment;
}

export class MalformedAnswer extends Error {
  override readonly name = 'MalformedAnswer';
}

interface Head {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly framing: RawResponse['framing'];
  readonly length: number;
}

interface Expectation {
  readonly method: string;
  readonly mayContinue: boolean;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-9]\d\d) [\t\x20-\x7e]*$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const LENGTH = /^\d{1,15}$/;
const CHUNK = /^[0-9a-fA-F]{1,8}$/;
const LIMIT = 64 * 1024;

function parseHead(text: string, { method, mayContinue }: Expectation): Head | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  if (!status) throw new MalformedAnswer('the status line is not one of HTTP/1.1');
  const headers = lines.map(function field(line): readonly [string, string] {
    const found = FIELD.exec(line);
    if (!found) throw new MalformedAnswer('a header line is malformed');
    return [(found[1] as string).toLowerCase(), found[2] as string];
  });
  const code = Number(status);
  const lengths = headers.filter(([name]) => name === 'content-length');
  const codings = headers.filter(([name]) => name === 'transfer-encoding');
  if (lengths.length > 1 || codings.length > 1) throw new MalformedAnswer('a framing header is repeated');
  if (lengths.length + codings.length > 1) throw new MalformedAnswer('length and transfer coding at once');
  const length = lengths[0]?.[1];
  if (length !== undefined && !LENGTH.test(length)) throw new MalformedAnswer('the length is not a number');
  if (codings[0] && codings[0][1].toLowerCase() !== 'chunked') throw new MalformedAnswer('unknown transfer coding');
  if (code === 100 && mayContinue && headers.length === 0) return undefined;
  if (code < 200) throw new MalformedAnswer('an interim answer nobody asked for');
  if (code === 204 && (length !== undefined || codings.length > 0))
    throw new MalformedAnswer('204 with framing headers');
  if (method === 'HEAD' || code === 204 || code === 304) return { status: code, headers, framing: 'none', length: 0 };
  if (length !== undefined) return { status: code, headers, framing: 'length', length: Number(length) };
  return { status: code, headers, framing: codings.length > 0 ? 'chunked' : 'close', length: 0 };
}

export function createResponseReader(): ResponseReader {
  const expected: Expectation[] = [];
  let buffer: Buffer = Buffer.alloc(0);
  let received = 0;
  let head: Head | undefined;
  let body: Buffer[] = [];
  let bodyBytes = 0;
  let trailers = false;

  function line(): string | undefined {
    const at = buffer.indexOf('\r\n');
    if (at < 0) {
      if (buffer.length > LIMIT) throw new MalformedAnswer('a line without an end');
      return undefined;
    }
    const text = buffer.toString('latin1', 0, at);
    buffer = buffer.subarray(at + 2);
    return text;
  }

  function take(count: number): void {
    const part = buffer.subarray(0, count);
    buffer = buffer.subarray(part.length);
    bodyBytes += part.length;
    body.push(part);
  }

  let chunkLeft = 0;
  let chunkEnd = false;

  /** True when the last chunk has been read. */
  function chunks(): boolean {
    for (;;) {
      if (chunkLeft > 0) {
        if (buffer.length === 0) return false;
        const before = buffer.length;
        take(chunkLeft);
        chunkLeft -= before - buffer.length;
        if (chunkLeft > 0) return false;
        chunkEnd = true;
      }
      const text = line();
      if (text === undefined) return false;
      if (chunkEnd) {
        if (text !== '') throw new MalformedAnswer('a chunk is longer than it says');
        chunkEnd = false;
        continue;
      }
      if (trailers) {
        if (text === '') return true;
        throw new MalformedAnswer('a trailer nobody asked for');
      }
      if (!CHUNK.test(text)) throw new MalformedAnswer('a chunk size is malformed');
      chunkLeft = Number.parseInt(text, 16);
      trailers = chunkLeft === 0;
    }
  }

  function finish(): RawResponse {
    const whole = head as Head;
    const response = {
      status: whole.status,
      headers: whole.headers,
      body: Buffer.concat(body),
      framing: whole.framing,
    };
    head = undefined;
    body = [];
    bodyBytes = 0;
    received = buffer.length;
    trailers = false;
    expected.shift();
    return response;
  }

  function next(): RawResponse | undefined {
    if (!head) {
      if (buffer.length === 0) return undefined;
      const [expectation] = expected;
      if (expectation === undefined) throw new MalformedAnswer('bytes after the last answer');
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) {
        if (buffer.length > LIMIT) throw new MalformedAnswer('a head without an end');
        return undefined;
      }
      head = parseHead(buffer.toString('latin1', 0, end), expectation);
      buffer = buffer.subarray(end + 4);
      if (!head) return next();
    }
    if (head.framing === 'none') return finish();
    if (head.framing === 'chunked') return chunks() ? finish() : undefined;
    if (head.framing === 'close') {
      take(buffer.length);
      return undefined;
    }
    take(head.length - bodyBytes);
    return bodyBytes === head.length ? finish() : undefined;
  }

  function push(chunk: Buffer): RawResponse[] {
    received += chunk.length;
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    const whole: RawResponse[] = [];
    for (let response = next(); response; response = next()) whole.push(response);
    return whole;
  }

  function end(): RawResponse | undefined {
    return head?.framing === 'close' ? finish() : undefined;
  }

  return {
    expect(method, hasAskedToContinue = false) {
      expected.push({ method, mayContinue: hasAskedToContinue });
    },
    push,
    end,
    fragment() {
      return { status: head?.status, bytes: received };
    },
  };
}

/** All values of a header, in order. */
export function headerValues(response: RawResponse, name: string): string[] {
  return response.headers.filter(([key]) => key === name).map(([, value]) => value);
}
