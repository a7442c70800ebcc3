import { describe, expect, it } from 'vitest';
import { createStatusLine, isStatusRead, readStatusLine, resetStatusLine } from '../../lib/transport/status-line.js';

/** What the parser is shown of `text`, which comes `size` bytes at a time. */
function shown(text: string, size: number): { text: string; isRead: boolean; isHttp10: boolean } {
  const line = createStatusLine();
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) {
    const piece = Buffer.from(text.slice(at, at + size), 'latin1');
    readStatusLine(line, piece);
    pieces.push(piece.toString('latin1'));
  }
  return { text: pieces.join(''), isRead: isStatusRead(line), isHttp10: line.isHttp10 };
}

const CONTINUE = 'HTTP/1.1 100 Continue\r\nX-A: HTTP/1.1 100 Continue\r\n\r\n';
const PROCESSING = 'HTTP/1.1 102 Continue\r\nX-A: HTTP/1.1 100 Continue\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n100HTTP/1.1 100 Continue\r\n\r\n';

describe.each([1, 2, 3, 5, 7, 1_000])('F04 pieces of %i bytes', (size) => {
  it('a 100 becomes a 102, in its status line only', () => {
    expect(shown(CONTINUE + OK, size).text).toBe(PROCESSING + OK);
    expect(shown(`\r\n${CONTINUE}\r\n${CONTINUE}${OK}`, size).text).toBe(`\r\n${PROCESSING}\r\n${PROCESSING}${OK}`);
  });

  it.each(['103 Early', '101 Switching Protocols', '102 Processing', '110 x', '190 x', '200 100'])(
    '%s stays',
    (status) => {
      const head = `HTTP/1.1 ${status}\r\n\r\n`;
      expect(shown(head + OK, size).text).toBe(head + OK);
    },
  );

  it('the version is that of the last head', () => {
    expect(shown('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n', size)).toMatchObject({
      isHttp10: true,
      isRead: true,
    });
    expect(shown('HTTP/1.0 103 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', size)).toMatchObject({
      isHttp10: false,
      isRead: true,
    });
  });

  it.each(['HTTP/1.1  100 x\r\n\r\n', 'HTTP/1.10 100 x\r\n\r\n', 'xHTTP/1.1 100 x\r\n\r\n'])(
    'what is no status line stays: %j',
    (text) => {
      expect(shown(text + CONTINUE, size).text).toBe(text + CONTINUE);
    },
  );
});

it('F04 begins anew with each answer', () => {
  const line = createStatusLine();
  readStatusLine(line, Buffer.from('HTTP/1.0 200'));
  expect(isStatusRead(line)).toBe(true);
  resetStatusLine(line);
  expect(line.isHttp10).toBe(false);
  expect(isStatusRead(line)).toBe(false);
  const piece = Buffer.from('HTTP/1.1 100');
  readStatusLine(line, piece);
  expect(piece.toString()).toBe('HTTP/1.1 102');
  // A second answer that begins within an interim one is one of its own.
  resetStatusLine(line);
  expect(isStatusRead(line)).toBe(false);
});
