import { describe, expect, test } from 'vitest';
import { createResponseReader, headerValues, MalformedAnswer } from './http-response.js';

function read(bytes: string, methods: readonly string[] = ['GET']) {
  const reader = createResponseReader();
  for (const method of methods) reader.expect(method);
  return reader.push(Buffer.from(bytes, 'latin1'));
}

describe('createResponseReader', () => {
  test('reads an answer with a length', () => {
    const [response] = read('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:  2 \r\n\r\nhello');
    expect(response?.status).toBe(200);
    expect(response?.body.toString()).toBe('hello');
    expect(headerValues(response!, 'x-a')).toEqual(['1', '2']);
  });

  test('reads a chunked answer in any slicing', () => {
    const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel\r\n\r\n1\r\nx\r\n0\r\n\r\n';
    for (let size = 1; size < bytes.length; size++) {
      const reader = createResponseReader();
      reader.expect('GET');
      const whole = [];
      for (let at = 0; at < bytes.length; at += size)
        whole.push(...reader.push(Buffer.from(bytes.slice(at, at + size), 'latin1')));
      expect(whole.map(({ body }) => body.toString())).toEqual(['hel\r\nx']);
    }
  });

  test('reads pipelined answers in order', () => {
    const one = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na';
    const two = 'HTTP/1.1 204 No Content\r\n\r\n';
    const three = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n';
    const answers = read(one + two + three, ['GET', 'GET', 'HEAD']);
    expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([
      [200, 'a'],
      [204, ''],
      [200, ''],
    ]);
  });

  test('takes the end of the connection for the end of a body only where nothing else says it', () => {
    const reader = createResponseReader();
    reader.expect('GET');
    expect(reader.push(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nabc'))).toEqual([]);
    expect(reader.end()?.body.toString()).toBe('abc');

    const cut = createResponseReader();
    cut.expect('GET');
    cut.push(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'));
    expect(cut.end()).toBeUndefined();
    expect(cut.fragment().status).toBe(200);
  });

  test.each([
    ['another version', 'HTTP/1.0 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a line feed alone', 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n'],
    ['space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n'],
    ['a control byte', 'HTTP/1.1 200 OK\r\nX-A: \x01\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n'],
    ['length and chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a chunk extension', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n0\r\n\r\n'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n'],
    ['a trailer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: 1\r\n\r\n'],
    ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['204 with a length', 'HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n'],
    ['bytes after the last answer', 'HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ])('refuses %s', (_name, bytes) => {
    expect(() => read(bytes)).toThrow(MalformedAnswer);
  });
});
