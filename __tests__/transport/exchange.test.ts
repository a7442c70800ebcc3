import { afterEach, describe, expect, it } from 'vitest';
import type { Wire } from '../../lib/transport/wire.js';
import { answer, type RawServer, type Script, startRawServer } from '../support/raw-server.js';
import { openWire, outcomeOf, type RequestParts, requestTo, SETTINGS } from './support.js';

const open: { wire?: Wire; server?: RawServer } = {};

afterEach(async () => {
  await open.wire?.close();
  await open.server?.close();
});

/** Calls a backend that plays the script once, and once more the way a healthy one answers. */
async function call(script: Script, parts: RequestParts & { stream?: boolean } = {}) {
  const server = await startRawServer((_request, n) => (n === 0 ? script : [{ send: answer('"next"') }]));
  const wire = openWire();
  Object.assign(open, { server, wire });
  const transport = wire.transportFor({ ...SETTINGS, stream: parts.stream === true });
  const outcome = await outcomeOf(transport(requestTo(`${server.origin}/x`, parts)));
  const next = await outcomeOf(transport(requestTo(`${server.origin}/next`)));
  return { outcome, next, server };
}

const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const ok = (...lines: string[]): string => head('HTTP/1.1 200 OK', ...lines);
const CHUNKED = 'Transfer-Encoding: chunked';

describe.each([
  { mode: 'buffer', stream: false },
  { mode: 'stream', stream: true },
])('answers in $mode mode', ({ stream }) => {
  describe('F03 an answer that is complete', () => {
    it.each<[string, Script, string]>([
      ['Z01 with a length', [{ send: answer('{"a":1}') }], '{"a":1}'],
      [
        'Z02 chunked, a byte at a time',
        [{ drip: `${ok(CHUNKED)}3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n`, every: 1 }],
        'abcd',
      ],
      ['Z05 HTTP/1.0, until the connection ends', [{ send: `${head('HTTP/1.0 200 OK')}abc` }, { fin: true }], 'abc'],
      [
        'Z06 with Connection: close',
        [{ send: `${ok('Connection: close', 'Content-Length: 3')}abc` }, { fin: true }],
        'abc',
      ],
      [
        'Z52 that closes late',
        [{ send: `${ok('Connection: close', 'Content-Length: 3')}abc` }, { wait: 30 }, { fin: true }],
        'abc',
      ],
      [
        'F04 after a few interim answers',
        [{ send: head('HTTP/1.1 103 Early Hints', 'Link: <a>') }, { send: answer('1') }],
        '1',
      ],
      ['F04 after a 100 Continue', [{ send: `${head('HTTP/1.1 100 Continue')}${answer('1')}` }], '1'],
      [
        'F04 after several of them, a byte at a time',
        [
          {
            drip: `${head('HTTP/1.1 100 Continue', 'X-A: HTTP/1.1 100')}\r\n${head('HTTP/1.1 103 Early Hints', 'Link: <a>')}${head('HTTP/1.1 100')}${answer('1')}`,
            every: 1,
          },
        ],
        '1',
      ],
      [
        'F04 which is what an interim answer looks like',
        [{ send: `${head('HTTP/1.1 100 Continue')}${ok('Content-Length: 25')}HTTP/1.1 100 Continue\r\n\r\n` }],
        'HTTP/1.1 100 Continue\r\n\r\n',
      ],
      ['with a space behind its length', [{ send: `${ok('Content-Length: 1 ')}1` }], '1'],
      ['with a space behind its coding', [{ send: `${ok(`${CHUNKED} `)}1\r\na\r\n0\r\n\r\n` }], 'a'],
      ['with white space behind other values', [{ send: answer('1', 'X-A: a \t') }], '1'],
      ['with trailers, which are dropped', [{ send: `${ok(CHUNKED)}1\r\na\r\n0\r\nX-Admin: 1\r\n\r\n` }], 'a'],
      ['without a reason phrase', [{ send: 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n1' }], '1'],
    ])('%s are read whole', async (_title, script, text) => {
      const { outcome, next } = await call(script, { stream });
      expect(outcome).toMatchObject({ status: 200, text });
      expect(outcome.headers).not.toHaveProperty('x-admin');
      expect(next.text).toBe('"next"');
    });
  });

  describe('F03 an answer that is cut', () => {
    it.each<[string, Script]>([
      ['Z08 ends at once', [{ fin: true }]],
      ['Z09 is reset at once', [{ rst: true }]],
      ['Z12 is reset within the head', [{ send: 'HTTP/1.1 200 OK\r\nX-A:' }, { wait: 10 }, { rst: true }]],
      ['Z13 is reset within the body', [{ send: `${ok('Content-Length: 10')}abc` }, { wait: 10 }, { rst: true }]],
      ['Z14 ends within the body', [{ send: `${ok('Content-Length: 10')}abc` }, { fin: true }]],
      ['Z15 ends before the last chunk', [{ send: `${ok(CHUNKED)}3\r\nabc\r\n` }, { fin: true }]],
      ['Z16 has no length and is reset', [{ send: `${ok()}abc` }, { wait: 10 }, { rst: true }]],
      ['Z16 has no length and is reset together with its last bytes', [{ send: `${ok()}abc` }, { rst: true }]],
    ])('%s: a connection error', async (_title, script) => {
      const { outcome, next } = await call(script, { stream });
      expect(outcome).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
      expect(next.text).toBe('"next"');
    });
  });

  describe('F01 an answer that says two things about its length', () => {
    it.each<[string, string]>([
      ['Z17 has length and chunks', `${ok('Content-Length: 3', CHUNKED)}3\r\nabc\r\n0\r\n\r\n`],
      ['Z17 has chunks and length', `${ok(CHUNKED, 'Content-Length: 3')}3\r\nabc\r\n0\r\n\r\n`],
      ['Z18 has the same length twice', `${ok('Content-Length: 3', 'Content-Length: 3')}abc`],
      ['Z18 has two lengths', `${ok('Content-Length: 3', 'Content-Length: 4')}abc`],
      ['has a list of lengths', `${ok('Content-Length: 3, 3')}abc`],
      ['has a signed length', `${ok('Content-Length: +3')}abc`],
      ['has an empty length', `${ok('Content-Length: ')}abc`],
      ['has a hexadecimal length', `${ok('Content-Length: 0x3')}abc`],
      ['has a list of lengths without spaces', `${ok('Content-Length: 3,3')}abc`],
      ['is HTTP/1.0 in chunks', `${head('HTTP/1.0 200 OK', CHUNKED)}3\r\nabc\r\n0\r\n\r\n`],
      ['has a negative length', `${ok('Content-Length: -3')}abc`],
      ['has a length beyond 64 bits', `${ok('Content-Length: 99999999999999999999')}abc`],
      ['is encoded for the transfer other than by chunks', `${ok('Transfer-Encoding: gzip')}abc`],
      ['has a transfer encoding that resembles chunks', `${ok('Transfer-Encoding: xchunked')}3\r\nabc\r\n0\r\n\r\n`],
      ['has identity as transfer encoding', `${ok('Transfer-Encoding: identity')}abc`],
      ['has a tab behind its length', `${ok('Content-Length: 3\t')}abc`],
      ['has a tab behind its coding', `${ok(`${CHUNKED}\t`)}3\r\nabc\r\n0\r\n\r\n`],
      [
        'is HTTP/1.0 in chunks, behind an interim answer of HTTP/1.1',
        `${head('HTTP/1.1 100 Continue')}${head('HTTP/1.0 200 OK', CHUNKED)}3\r\nabc\r\n0\r\n\r\n`,
      ],
      ['is chunked twice', `${ok(CHUNKED, CHUNKED)}3\r\nabc\r\n0\r\n\r\n`],
    ])('%s: a protocol error, and the socket is gone', refuses);
  });

  describe('F02 an answer with bytes behind its end', () => {
    it.each<[string, string]>([
      ['Z19 goes on after its length', `${ok('Content-Length: 3')}abcdef`],
      ['Z41 is followed by another one', `${answer('1')}${answer('2')}`],
    ])('%s: a protocol error, and the socket is gone', refuses);
  });

  describe('F03 an answer that cannot be parsed', () => {
    it.each<[string, string]>([
      ['Z20 has a chunk size that is no number', `${ok(CHUNKED)}zz\r\nabc\r\n0\r\n\r\n`],
      ['Z20 has a negative chunk size', `${ok(CHUNKED)}-3\r\nabc\r\n0\r\n\r\n`],
      ['Z20 has a chunk size of 17 digits', `${ok(CHUNKED)}11111111111111111\r\nabc\r\n0\r\n\r\n`],
      ['Z20 has a chunk longer than its size', `${ok(CHUNKED)}3\r\nabcd\r\n0\r\n\r\n`],
      ['Z20 ends its chunk sizes by LF', `${ok(CHUNKED)}3\nabc\n0\n\n`],
      ['Z21 ends its lines by LF', 'HTTP/1.1 200 OK\nContent-Length: 3\n\nabc'],
      ['Z21 begins with junk', `xx${answer('1')}`],
      ['Z21 is not HTTP', '220 mail ready\r\n'],
      ['Z22 is TLS on a plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ])('%s: a protocol error, and the socket is gone', refuses);
  });

  describe('F04 an answer nobody asked for, or with a body it must not have', () => {
    it.each<[string, string]>([
      ['Z39 switches protocols, unasked', head('HTTP/1.1 101 Switching Protocols')],
      ['Z39 upgrades, unasked', head('HTTP/1.1 101 Switching Protocols', 'Upgrade: h2c', 'Connection: upgrade')],
      [
        'Z39 switches protocols behind a 100',
        `${head('HTTP/1.1 100 Continue')}${head('HTTP/1.1 101 Switching Protocols')}`,
      ],
      ['F04 is a 100 that ends its lines by LF', `HTTP/1.1 100 Continue\n\n${answer('1')}`],
      ['F04 is a 100 with a space too many', `HTTP/1.1  100 Continue\r\n\r\n${answer('1')}`],
      ['Z40 has no content and yet some', `${head('HTTP/1.1 204 No Content')}abc`],
      ['Z40 has no content of a length', `${head('HTTP/1.1 204 No Content', 'Content-Length: 3')}abc`],
      ['says 304, unasked', head('HTTP/1.1 304 Not Modified')],
      ['F04 is a part, unasked', answer('abc', 'Content-Range: bytes 0-2/9', '206 Partial Content').toString()],
      ['Z45 has a status below 100', answer('1', '', '099 Odd').toString()],
      ['Z45 has a status that is no number', answer('1', '', 'abc Odd').toString()],
    ])('%s: a protocol error, and the socket is gone', refuses);
  });

  describe('H04 a head with bytes that must not be there', () => {
    it.each<[string, string]>([
      ['has NUL in a header', `${answer('1', 'X-A: a\0b')}`],
      ['has a control byte in a header', `${answer('1', 'X-A: a\x01b')}`],
      ['has CR in a header', `${answer('1', 'X-A: a\rb')}`],
      ['Z43 folds a header', `${answer('1', 'X-A: a\r\n b')}`],
      ['has a space before the colon', `${answer('1', 'X-A : a')}`],
      ['has a header without a name', `${answer('1', ': a')}`],
      ['has a header without a colon', `${answer('1', 'xyz')}`],
    ])('%s: a protocol error, and the socket is gone', refuses);
  });

  it('H05 two content types are an error where they are passed on', async () => {
    const { outcome } = await call([{ send: answer('1', 'Content-Type: a/b\r\nContent-Type: c/d') }], { stream });
    expect(outcome).toMatchObject(stream ? { code: 'ERR_BACKEND_PROTOCOL' } : { status: 200, text: '1' });
  });

  describe('H06 a head without end', () => {
    it.each<[string, string]>([
      [
        'Z43 has 1,001 header lines',
        answer('1', Array.from({ length: 1_000 }, (_, n) => `x${n}: 1`).join('\r\n')).toString(),
      ],
    ])('%s: a protocol error, and the socket is gone', refuses);
  });

  async function refuses(_title: string, bytes: string): Promise<void> {
    const { outcome, next, server } = await call([{ send: bytes }], { stream });
    expect(outcome).toMatchObject({ code: 'ERR_BACKEND_PROTOCOL' });
    expect(outcome.message).toContain('backend[0] GET /things: ');
    expect(next.text).toBe('"next"');
    expect(server.connections).toHaveLength(2);
    await server.until(() => server.connections[0]?.closedAt !== undefined);
  }
});
