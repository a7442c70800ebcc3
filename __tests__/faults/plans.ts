import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { Greeting, Step } from './fault-backend.js';
import type { Random } from './random.js';

/**
 * What may come of a backend that plays a plan.
 * - `ok`: its payload, whole
 * - `unsure`: its payload, of which no one can tell that it is whole
 * - `fail`: it counts as failed; a `no-op` client gets an error, or a connection cut before the end
 * - `empty`: it had nothing to say and that is complete
 * - `null`: its document is a JSON null
 * - `array`: a collection although none was declared
 */
export type Outcome = 'ok' | 'unsure' | 'fail' | 'empty' | 'null' | 'array';
/** `deadline`: the failure shows when the time is up, not before. `any`: whenever. */
export type Pace = 'soon' | 'deadline' | 'any';

export interface Expectation {
  readonly outcomes: readonly Outcome[];
  readonly pace: Pace;
}

/** What a plan is told about the request it answers. */
export interface PlanContext {
  /** The payload, echoing the token that came with the request. */
  readonly body: Buffer;
  readonly contentType: string;
  readonly role: string;
  /** Sent with healthy answers of `no-op` backends. */
  readonly status: number;
  readonly random: Random;
  /** The endpoint's timeout in ms. */
  readonly timeout: number;
  /** The limit on a response body in bytes. */
  readonly cap: number;
  /** Where redirects point to, without a slash at the end. */
  readonly elsewhere: string;
  /** The path of the request, to redirect to itself. */
  readonly target: string;
  /** 1 for the first call for this request. */
  readonly attempt: number;
}

export interface Plan {
  /** Row of the catalogue. */
  readonly id: string;
  readonly name: string;
  /** For backends whose answer is decoded as a JSON object. */
  readonly data: Expectation;
  /** For backends whose answer is passed through. */
  readonly stream: Expectation;
  /** Only for requests of that kind; a body always comes with POST. */
  readonly only?: 'GET' | 'POST';
  /** Not where answers are passed through, nor where any part of a body is a body. */
  readonly never?: 'stream';
  /** The backend does not notice that the gateway hangs up. */
  readonly deaf?: boolean;
  /** Something goes on after the answer is whole, which the gateway need not end. */
  readonly lingers?: boolean;
  /** Needs `isolate_connections`. */
  readonly isolated?: boolean;
  /** The bytes that a `no-op` client gets are not the payload's but those sent. */
  readonly isEncoded?: boolean;
  /** The payload is an odd document: duplicate and index-like keys, spaces, escapes. */
  readonly isOdd?: boolean;
  /** The answer does not wait for the request's body, and so says nothing of it. */
  readonly isEarly?: boolean;
  /** What it does to its payload is a fault of JSON only. */
  readonly isJson?: boolean;
  /** Only for backends that speak TLS, or only for those that do not. */
  readonly line?: 'tls' | 'plain';
  /** Only the close tells where its payload ends. */
  readonly isCloseDelimited?: boolean;
  /** A second call gets a good answer. */
  readonly recovers?: boolean;
  readonly on?: 'head' | 'body';
  readonly steps: (context: PlanContext) => readonly Step[];
}

/** A plan that is played before a request can be read has a port of its own. */
export interface PortPlan {
  readonly id: string;
  readonly name: string;
  readonly expected: Expectation;
  readonly greeting: Greeting | 'refuse' | 'backlog';
  readonly scheme: 'http' | 'https';
}

const OK: Expectation = { outcomes: ['ok'], pace: 'any' };
const FAIL: Expectation = { outcomes: ['fail'], pace: 'soon' };
const TIMEOUT: Expectation = { outcomes: ['fail'], pace: 'deadline' };
const EITHER: Expectation = { outcomes: ['ok', 'fail'], pace: 'any' };
const FAIL_ANY: Expectation = { outcomes: ['fail'], pace: 'any' };

const FIN: Step = { fin: true };
const RST: Step = { rst: true };
const BARE_FIN: Step = { bareFin: true };
const STALL: Step = { stall: true };

const TWO_DATES = 'Last-Modified: Wed, 21 Oct 2026 07:28:00 GMT\r\nLast-Modified: Wed, 21 Oct 2026 07:28:01 GMT';
/** Bytes. */
const MANY_CHUNKS = 65_536;
/** Rows whose faults are faults of JSON. */
const OF_JSON = new Set(['Z46', 'Z47', 'Z49']);

function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

function head(context: PlanContext, lines: string, status = context.status): Buffer {
  return text(
    `HTTP/1.1 ${status} Status\r\nContent-Type: ${context.contentType}\r\nX-Be-Role: ${context.role}\r\n${lines}\r\n`,
  );
}

/** A whole answer with a length. */
function whole(context: PlanContext, lines = '', body = context.body, status = context.status): Buffer {
  return Buffer.concat([head(context, `${lines}Content-Length: ${body.length}\r\n`, status), body]);
}

function send(bytes: Buffer): Step {
  return { send: bytes };
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([text(`${bytes.length.toString(16)}\r\n`), bytes, text('\r\n')]);
}

const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const LAST_CHUNK = text('0\r\n\r\n');

function chunked(context: PlanContext, size: number): Buffer {
  const parts = [head(context, CHUNKED)];
  for (let at = 0; at < context.body.length; at += size) parts.push(chunk(context.body.subarray(at, at + size)));
  return Buffer.concat([...parts, LAST_CHUNK]);
}

function half(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.max(1, bytes.length >> 1));
}

function brotli(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
}

/** 8 MiB of a JSON string in about 8 KiB. */
const BOMB = Buffer.concat([text('{"bomb":"'), Buffer.alloc(8 * 1024 * 1024, 0x30), text('"}')]);
const GZIP_BOMB = gzipSync(BOMB, { level: 9 });
const BROTLI_BOMB = brotli(BOMB);
const NOISE = Buffer.alloc(256 * 1024, 0x20);

type Spec = Omit<Plan, 'id' | 'data' | 'stream'> & Partial<Pick<Plan, 'data' | 'stream'>>;

const catalogue: Record<string, readonly Spec[]> = {
  Z01: [{ name: 'healthy, length', steps: (c) => [send(whole(c))] }],
  Z02: [
    {
      name: 'healthy, 1-byte chunks',
      never: 'stream',
      // Three hundred thousand of them would keep the lab busy, not the gateway.
      steps: (c) => [send(chunked(c, c.body.length > MANY_CHUNKS ? 100 : 1))],
    },
    {
      name: 'healthy, chunks in slices',
      steps: (c) => {
        const bytes = chunked(c, c.random.int(100, 700));
        return [{ drip: bytes, size: Math.ceil(bytes.length / c.random.int(2, 8)), every: 1 }];
      },
    },
  ],
  // Up to 60 % of the timeout: the merge ends at 85 %, and the difference is what a busy machine needs.
  Z03: [
    { name: 'healthy, late', steps: (c) => [{ wait: c.random.int(1, c.timeout * 0.6) }, send(whole(c))] },
    { name: 'healthy, a little late', steps: (c) => [{ wait: c.random.int(0, 8) }, send(whole(c))] },
  ],
  Z04: [
    {
      name: 'healthy, gzip',
      isEncoded: true,
      steps: (c) => [send(whole(c, 'Content-Encoding: gzip\r\n', gzipSync(c.body, { level: 1 })))],
    },
    {
      name: 'healthy, br',
      isEncoded: true,
      steps: (c) => [send(whole(c, 'Content-Encoding: br\r\n', brotli(c.body)))],
    },
    {
      name: 'healthy, deflate with zlib head',
      isEncoded: true,
      steps: (c) => [send(whole(c, 'Content-Encoding: deflate\r\n', deflateSync(c.body, { level: 1 })))],
    },
    {
      name: 'healthy, raw deflate',
      isEncoded: true,
      steps: (c) => [send(whole(c, 'Content-Encoding: deflate\r\n', deflateRawSync(c.body, { level: 1 })))],
    },
  ],
  Z05: [
    {
      name: 'healthy, HTTP/1.0, delimited by close',
      isCloseDelimited: true,
      only: 'GET',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [
        send(Buffer.concat([text(`HTTP/1.0 ${c.status} OK\r\nContent-Type: ${c.contentType}\r\n\r\n`), c.body])),
        FIN,
      ],
    },
  ],
  Z06: [{ name: 'healthy, Connection: close', steps: (c) => [send(whole(c, 'Connection: close\r\n')), FIN] }],
  Z12: [
    {
      name: 'RST after half the head',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(half(head(c, `Content-Length: ${c.body.length}\r\n`))), { wait: 2 }, RST],
    },
  ],
  Z13: [{ name: 'RST after half the body', data: FAIL, stream: FAIL, steps: (c) => [...cut(c, whole(c)), RST] }],
  Z14: [{ name: 'FIN after half the body', data: FAIL, stream: FAIL, steps: (c) => [...cut(c, whole(c)), FIN] }],
  Z15: [
    {
      name: 'chunked without the last chunk, FIN',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(Buffer.concat([head(c, CHUNKED), chunk(c.body)])), FIN],
    },
  ],
  Z16: [
    {
      name: 'delimited by close, RST in the middle',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(Buffer.concat([head(c, 'Connection: close\r\n'), half(c.body)])), { wait: 2 }, RST],
    },
    {
      // Every byte of the document has come, and yet nobody can tell that it was all.
      name: 'delimited by close, RST at the end',
      isCloseDelimited: true,
      data: EITHER,
      stream: FAIL,
      steps: (c) => [send(Buffer.concat([head(c, 'Connection: close\r\n'), c.body])), { wait: 2 }, RST],
    },
  ],
  Z17: [
    {
      name: 'length and chunked at once',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(Buffer.concat([head(c, `Content-Length: 5\r\n${CHUNKED}`), chunk(c.body), LAST_CHUNK]))],
    },
  ],
  Z18: [
    {
      name: 'two different lengths',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(whole(c, `Content-Length: ${c.body.length + 1}\r\n`))],
    },
    {
      name: 'the same length twice',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(whole(c, `Content-Length: ${c.body.length}\r\n`))],
    },
  ],
  Z19: [
    {
      name: 'length shorter than the body',
      only: 'GET',
      data: FAIL,
      stream: FAIL_ANY,
      never: 'stream',
      steps: (c) => [send(Buffer.concat([head(c, `Content-Length: ${c.body.length >> 1}\r\n`), c.body]))],
    },
    {
      name: 'surplus after the body',
      only: 'GET',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(Buffer.concat([whole(c), text('surplus')]))],
    },
  ],
  Z20: ['zz', '-5', '11111111111111111', '0x10', ''].map((size) => ({
    name: `chunk size "${size}"`,
    data: FAIL,
    stream: FAIL,
    steps: (c: PlanContext) => [
      send(Buffer.concat([head(c, CHUNKED), text(`${size}\r\n`), c.body, text('\r\n0\r\n\r\n')])),
      STALL,
    ],
  })),
  Z21: [
    {
      name: 'line feeds only',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [
        send(Buffer.concat([text(`HTTP/1.1 200 OK\nContent-Length: ${c.body.length}\n\n`), c.body])),
        STALL,
      ],
    },
    {
      name: 'leading junk',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(Buffer.concat([text('junk\r\n'), whole(c)])), STALL],
    },
    {
      name: 'not HTTP at all',
      data: FAIL,
      stream: FAIL,
      steps: () => [send(text('220 mail.example ESMTP\r\n')), STALL],
    },
  ],
  Z23: [
    {
      name: 'reads next to nothing of the request body',
      only: 'POST',
      deaf: true,
      on: 'head',
      data: TIMEOUT,
      stream: TIMEOUT,
      steps: (c) => [{ stopReading: true }, { wait: c.timeout + 150 }, { resumeReading: true }, STALL],
    },
  ],
  Z24: [
    {
      name: 'answers before it has read the body, then RST',
      only: 'POST',
      on: 'head',
      data: { outcomes: ['empty', 'fail'], pace: 'any' },
      stream: FAIL_ANY,
      never: 'stream',
      steps: (c) => [send(whole(c, 'Connection: close\r\n', text(''), 204)), { wait: 5 }, RST],
    },
  ],
  Z25: [
    {
      name: 'healthy, idle close after 20 ms',
      only: 'GET',
      lingers: true,
      steps: (c) => [send(whole(c)), { wait: 20 }, FIN],
    },
  ],
  Z26: [
    {
      name: 'healthy, stops reading and goes on sending',
      steps: (c) => {
        const bytes = whole(c);
        return [
          { stopReading: true },
          { drip: bytes, size: Math.ceil(bytes.length / 3), every: 3 },
          { resumeReading: true },
        ];
      },
    },
  ],
  Z27: [
    {
      name: 'gzip bomb',
      data: FAIL,
      never: 'stream',
      steps: (c) => [send(whole(c, 'Content-Encoding: gzip\r\n', GZIP_BOMB))],
    },
  ],
  Z28: [
    {
      name: 'br bomb',
      data: FAIL,
      never: 'stream',
      steps: (c) => [send(whole(c, 'Content-Encoding: br\r\n', BROTLI_BOMB))],
    },
  ],
  Z29: [
    {
      name: '8 stacked encodings',
      isEncoded: true,
      data: FAIL,
      steps: (c) => {
        let body = c.body;
        for (let layer = 0; layer < 8; layer++) body = gzipSync(body, { level: 1 });
        return [send(whole(c, `Content-Encoding: ${Array(8).fill('gzip').join(', ')}\r\n`, body))];
      },
    },
  ],
  Z30: [
    {
      name: 'gzip cut',
      isEncoded: true,
      data: FAIL,
      steps: (c) => [send(whole(c, 'Content-Encoding: gzip\r\n', gzipSync(c.body).subarray(0, -10)))],
    },
    {
      name: 'gzip cut where the text is whole',
      isEncoded: true,
      data: FAIL,
      steps: (c) => [send(whole(c, 'Content-Encoding: gzip\r\n', gzipSync(c.body).subarray(0, -4)))],
    },
    {
      name: 'gzip with junk behind',
      isEncoded: true,
      data: FAIL,
      steps: (c) => [send(whole(c, 'Content-Encoding: gzip\r\n', Buffer.concat([gzipSync(c.body), text('junk')])))],
    },
    {
      name: 'gzip that is none',
      isEncoded: true,
      data: FAIL,
      steps: (c) => [send(whole(c, 'Content-Encoding: gzip\r\n'))],
    },
    {
      name: 'unknown encoding',
      isEncoded: true,
      data: FAIL,
      steps: (c) => [send(whole(c, 'Content-Encoding: zstd\r\n'))],
    },
  ],
  Z31: [
    {
      name: 'endless body, no length',
      data: FAIL,
      stream: FAIL_ANY,
      steps: (c) => [send(head(c, 'Connection: close\r\n')), { repeat: NOISE, every: 2, max: 4000 }],
    },
    {
      name: 'endless chunked body',
      data: FAIL,
      stream: FAIL_ANY,
      steps: (c) => [send(head(c, CHUNKED)), { repeat: chunk(NOISE), every: 2, max: 4000 }],
    },
  ],
  Z32: [
    {
      name: 'a length of 1 TB',
      data: FAIL,
      stream: FAIL_ANY,
      steps: (c) => [send(Buffer.concat([head(c, 'Content-Length: 1099511627776\r\n'), c.body])), STALL],
    },
  ],
  Z33: [
    {
      name: 'drips the body',
      data: TIMEOUT,
      stream: TIMEOUT,
      steps: (c) => [send(head(c, `Content-Length: ${c.body.length}\r\n`)), { drip: c.body, size: 1, every: 20 }],
    },
  ],
  Z34: [
    { name: 'drips the head', data: TIMEOUT, stream: TIMEOUT, steps: (c) => [{ drip: whole(c), size: 1, every: 20 }] },
  ],
  Z35: [{ name: 'stalls before the status line', data: TIMEOUT, stream: TIMEOUT, steps: () => [STALL] }],
  Z36: [
    {
      name: 'stalls after the head',
      data: TIMEOUT,
      stream: TIMEOUT,
      steps: (c) => [send(head(c, `Content-Length: ${c.body.length}\r\n`)), STALL],
    },
  ],
  Z37: [
    {
      name: 'stalls in the middle of a chunk',
      data: TIMEOUT,
      stream: TIMEOUT,
      steps: (c) => [send(Buffer.concat([head(c, CHUNKED), half(chunk(c.body))])), STALL],
    },
  ],
  Z38: [
    {
      name: 'endless 103',
      data: FAIL_ANY,
      stream: FAIL_ANY,
      steps: () => [{ repeat: text('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'), every: 10, max: 400 }],
    },
    {
      name: 'endless 100',
      data: FAIL_ANY,
      stream: FAIL_ANY,
      steps: () => [{ repeat: text('HTTP/1.1 100 Continue\r\n\r\n'), every: 10, max: 400 }],
    },
    {
      name: 'a 100 nobody asked for, then healthy',
      data: OK,
      stream: OK,
      steps: (c) => [send(text('HTTP/1.1 100 Continue\r\n\r\n')), send(whole(c))],
    },
    {
      name: 'a 103, then healthy',
      data: OK,
      stream: OK,
      steps: (c) => [send(text('HTTP/1.1 103 Early Hints\r\n\r\n')), send(whole(c))],
    },
  ],
  Z39: [
    {
      name: '101 unasked',
      data: FAIL,
      stream: FAIL,
      steps: () => [
        send(text('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nbytes')),
        STALL,
      ],
    },
  ],
  Z40: [
    {
      name: '204 with bytes after it',
      only: 'GET',
      data: { outcomes: ['empty', 'fail'], pace: 'any' },
      never: 'stream',
      steps: (c) => [send(Buffer.concat([text('HTTP/1.1 204 No Content\r\n\r\n'), c.body]))],
    },
    {
      name: '304 unasked',
      data: FAIL,
      stream: FAIL,
      steps: () => [send(text('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'))],
    },
    {
      name: '206 unasked',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(whole(c, 'Content-Range: bytes 0-1/2\r\n', c.body, 206))],
    },
    {
      name: '204',
      data: { outcomes: ['empty'], pace: 'any' },
      never: 'stream',
      steps: () => [send(text('HTTP/1.1 204 No Content\r\n\r\n'))],
    },
  ],
  Z41: [0, 1, 5, 50].map((delay) => ({
    name: `a bonus answer ${delay} ms later`,
    lingers: true,
    isolated: true,
    only: 'GET' as const,
    data: EITHER,
    stream: EITHER,
    steps: (c: PlanContext) => [
      send(whole(c)),
      ...(delay > 0 ? [{ wait: delay }] : []),
      send(whole(c, '', text('{"tok":"bonus"}'))),
    ],
  })),
  Z42: [
    {
      // With nothing pipelined there is nothing to swap: the wait shows that no second request comes.
      name: 'waits for a second request to swap answers with',
      isolated: true,
      steps: (c) => [{ wait: 30 }, send(whole(c))],
    },
  ],
  Z43: [
    {
      name: '100 KB of header',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(whole(c, `X-Big: ${'h'.repeat(100_000)}\r\n`)), STALL],
    },
    {
      name: '2500 header lines',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(whole(c, 'X-N: 1\r\n'.repeat(2500))), STALL],
    },
    { name: 'NUL in a header', data: FAIL, stream: FAIL, steps: (c) => [send(whole(c, 'X-Nul: a\0b\r\n')), STALL] },
    { name: 'folded header', data: EITHER, stream: EITHER, steps: (c) => [send(whole(c, 'X-Folded: a\r\n b\r\n'))] },
    {
      name: 'a header named __proto__',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(whole(c, '__proto__: x\r\n'))],
    },
  ],
  Z44: [
    {
      name: '302 to another port',
      only: 'GET',
      line: 'plain',
      steps: (c) => [send(whole(c, `Location: ${c.elsewhere}${c.target}\r\n`, text('moved'), 302))],
    },
    {
      name: '302 to itself',
      only: 'GET',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(whole(c, `Location: ${c.target}\r\n`, text('moved'), 302))],
    },
    {
      name: '302 to data:',
      data: FAIL,
      stream: FAIL,
      only: 'GET',
      steps: (c) => [send(whole(c, 'Location: data:application/json,{}\r\n', text('moved'), 302))],
    },
    {
      name: '307 of a request with a body',
      only: 'POST',
      data: FAIL,
      never: 'stream',
      steps: (c) => [send(whole(c, `Location: ${c.elsewhere}${c.target}\r\n`, text('moved'), 307))],
    },
  ],
  Z45: [
    ...[400, 401, 403, 404, 409, 418, 429, 500, 502, 503, 504, 599].map((status) => ({
      name: `status ${status}`,
      data: FAIL,
      never: 'stream' as const,
      steps: (c: PlanContext) => [send(whole(c, '', c.body, status))],
    })),
    { name: 'status 999', data: FAIL, never: 'stream', steps: (c) => [send(whole(c, '', c.body, 999))] },
    {
      name: 'status 099',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [
        send(
          text(
            whole(c)
              .toString('latin1')
              .replace(/ \d{3} /, ' 099 '),
          ),
        ),
        STALL,
      ],
    },
    {
      name: 'status abc',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [
        send(
          text(
            whole(c)
              .toString('latin1')
              .replace(/ \d{3} /, ' abc '),
          ),
        ),
        STALL,
      ],
    },
  ],
  Z46: [
    { name: 'broken JSON', data: FAIL, never: 'stream', steps: (c) => [send(whole(c, '', c.body.subarray(0, -1)))] },
    {
      name: 'JSON with text behind',
      data: FAIL,
      never: 'stream',
      steps: (c) => [send(whole(c, '', Buffer.concat([c.body, text(' surplus')])))],
    },
    {
      name: 'HTML',
      data: FAIL,
      never: 'stream',
      steps: (c) => [send(whole(c, '', text('<!doctype html><title>oops</title>')))],
    },
    {
      name: 'empty',
      data: { outcomes: ['empty'], pace: 'any' },
      never: 'stream',
      steps: (c) => [send(whole(c, '', text('')))],
    },
    {
      name: 'byte order mark',
      never: 'stream',
      steps: (c) => [send(whole(c, '', Buffer.concat([text('\xef\xbb\xbf'), c.body])))],
    },
    {
      name: 'UTF-16',
      data: FAIL,
      never: 'stream',
      steps: (c) => [send(whole(c, '', Buffer.from(`\ufeff${c.body.toString('utf8')}`, 'utf16le')))],
    },
    { name: 'bad UTF-8', data: FAIL, never: 'stream', steps: (c) => [send(whole(c, '', text('{"tok":"\xff\xfe"}')))] },
    {
      name: 'spaces only',
      data: { outcomes: ['empty', 'fail'], pace: 'any' },
      never: 'stream',
      steps: (c) => [send(whole(c, '', text('  \n ')))],
    },
  ],
  Z47: [1_001, 10_000, 60_000].flatMap((depth) => [
    {
      name: `arrays ${depth} deep`,
      data: FAIL,
      never: 'stream' as const,
      steps: (c: PlanContext) => [send(whole(c, '', text(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`)))],
    },
    {
      name: `objects ${depth >> 1} deep, of twice the brackets`,
      data: depth >> 1 > 1_000 ? FAIL : FAIL_ANY,
      never: 'stream' as const,
      steps: (c: PlanContext) => [send(whole(c, '', text(`${'{"a":['.repeat(depth)}${']}'.repeat(depth)}`)))],
    },
  ]),
  Z48: [{ name: 'healthy, odd document', isOdd: true, steps: (c) => [send(whole(c))] }],
  Z49: [
    { name: 'a number at the top', data: FAIL, never: 'stream', steps: (c) => [send(whole(c, '', text('42')))] },
    { name: 'a string at the top', data: FAIL, never: 'stream', steps: (c) => [send(whole(c, '', text('"text"')))] },
    {
      name: 'null at the top',
      data: { outcomes: ['null'], pace: 'any' },
      never: 'stream',
      steps: (c) => [send(whole(c, '', text('null')))],
    },
    {
      name: 'an array at the top',
      data: { outcomes: ['array'], pace: 'any' },
      never: 'stream',
      steps: (c) => [send(whole(c, '', Buffer.concat([text('['), c.body, text(']')])))],
    },
  ],
  Z50: [
    { name: 'flaps, up', steps: (c) => [send(whole(c))] },
    { name: 'flaps, down', data: FAIL, stream: FAIL, steps: () => [RST] },
    {
      name: 'down for the first call only',
      recovers: true,
      data: FAIL,
      never: 'stream',
      steps: (c) => [send(whole(c, '', c.body, c.attempt === 1 ? 503 : c.status))],
    },
  ],
  Z51: [
    {
      name: 'Set-Cookie three times, odd Cache-Control',
      steps: (c) => [
        send(
          whole(
            c,
            'Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nSet-Cookie: b=2\r\nSet-Cookie: a=3; Path=/\r\nCache-Control: private="set-cookie", max-age=1e99\r\n',
          ),
        ),
      ],
    },
  ],
  Z52: [
    {
      name: 'slow close: FIN 2 s after the body',
      lingers: true,
      only: 'GET',
      steps: (c) => [send(whole(c)), { wait: 2000 }, FIN],
    },
  ],
  Z53: [
    {
      name: 'TLS: delimited by close, and closed without close_notify',
      line: 'tls',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(Buffer.concat([head(c, 'Connection: close\r\n'), c.body])), { wait: 2 }, BARE_FIN],
    },
    {
      name: 'TLS: delimited by close, and cut without close_notify',
      line: 'tls',
      data: FAIL,
      stream: FAIL,
      steps: (c) => [send(Buffer.concat([head(c, 'Connection: close\r\n'), half(c.body)])), { wait: 2 }, BARE_FIN],
    },
    {
      name: 'TLS: whole by its length, then closed without close_notify',
      line: 'tls',
      only: 'GET',
      lingers: true,
      steps: (c) => [send(whole(c)), { wait: 2 }, BARE_FIN],
    },
  ],
  // Space behind a value is no part of it. Refused today and to be taken later: both are right.
  Z54: [
    {
      name: 'space behind Content-Length',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(Buffer.concat([head(c, `Content-Length: ${c.body.length} \r\n`), c.body]))],
    },
    {
      name: 'space behind Transfer-Encoding',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(Buffer.concat([head(c, 'Transfer-Encoding: chunked \t\r\n'), chunk(c.body), LAST_CHUNK]))],
    },
    {
      name: 'space behind other values',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(whole(c, 'X-Space: a \t\r\nETag: "a" \r\nX-Empty:  \r\n'))],
    },
  ],
  // Where no one reads the field, its double is refused today and to be passed over later: both are right.
  Z55: ['Content-Type: text/x-other', 'ETag: "a"\r\nETag: "b"', TWO_DATES, 'Location: /a\r\nLocation: /b'].map(
    (lines) => ({
      name: `doubled ${lines.split(':')[0]}`,
      data: EITHER,
      stream: EITHER,
      steps: (c: PlanContext) => [send(whole(c, `${lines}\r\n`))],
    }),
  ),
  Z56: [
    {
      name: 'answers before it has read the body',
      only: 'POST',
      on: 'head',
      isEarly: true,
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(whole(c))],
    },
    {
      name: 'answers before it has read the body, and closes',
      only: 'POST',
      on: 'head',
      isEarly: true,
      data: EITHER,
      stream: EITHER,
      steps: (c) => [send(whole(c, 'Connection: close\r\n')), FIN],
    },
  ],
  Z57: [
    {
      name: 'HTTP/1.0 with a transfer encoding',
      only: 'GET',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [
        send(Buffer.concat([text(`HTTP/1.0 ${c.status} OK\r\n${CHUNKED}\r\n`), chunk(c.body), LAST_CHUNK])),
        FIN,
      ],
    },
  ],
  Z58: [
    ...['+N', '0xN', '', 'N N', 'N.0', '-N', 'N, 5'].map((spelling) => ({
      name: `Content-Length "${spelling}"`,
      data: FAIL,
      stream: FAIL,
      steps: (c: PlanContext) => [spelled(c, spelling), STALL],
    })),
    {
      // A list of equal lengths is one length to some: both are right.
      name: 'Content-Length "N,N"',
      data: EITHER,
      stream: EITHER,
      steps: (c) => [spelled(c, 'N,N')],
    },
  ],
};

function spelled(context: PlanContext, spelling: string): Step {
  const { length } = context.body;
  const value = spelling.replaceAll('N', spelling.startsWith('0x') ? length.toString(16) : String(length));
  return send(Buffer.concat([head(context, `Content-Length: ${value}\r\n`), context.body]));
}

/** Half of an answer, with a pause that lets it arrive by itself. */
function cut(context: PlanContext, bytes: Buffer): Step[] {
  const end = bytes.length - (context.body.length >> 1) - 1;
  return [send(bytes.subarray(0, end)), { wait: context.random.int(0, 4) }];
}

export const plans: readonly Plan[] = Object.entries(catalogue).flatMap(([id, specs]) =>
  specs.map((spec) => ({ ...spec, id, isJson: OF_JSON.has(id), data: spec.data ?? OK, stream: spec.stream ?? OK })),
);

export const portPlans: readonly PortPlan[] = [
  { id: 'Z07', name: 'port closed', expected: FAIL, greeting: 'refuse', scheme: 'http' },
  { id: 'Z08', name: 'accept, then FIN', expected: FAIL, greeting: 'fin', scheme: 'http' },
  { id: 'Z09', name: 'accept, then RST', expected: FAIL, greeting: 'rst', scheme: 'http' },
  { id: 'Z10', name: 'accept, never read, never write', expected: TIMEOUT, greeting: 'mute', scheme: 'http' },
  { id: 'Z11', name: 'backlog full', expected: FAIL_ANY, greeting: 'backlog', scheme: 'http' },
  { id: 'Z22', name: 'TLS hello on a plain port', expected: FAIL, greeting: 'tls', scheme: 'http' },
  { id: 'Z22', name: 'no TLS on a TLS port', expected: FAIL_ANY, greeting: 'read', scheme: 'https' },
];

/** Healthy answers in all their spellings: what a turn without faults is made of. */
export const healthyPlans: readonly Plan[] = plans.filter(
  ({ id, data, name }) =>
    data === OK && ['Z01', 'Z02', 'Z03', 'Z04', 'Z06', 'Z48', 'Z51'].includes(id) && name !== 'healthy, late',
);
