import { expect, test } from 'vitest';
import { sendJson } from '../../lib/response/json-response.js';
import { parseAnswer, serve } from '../router/wire.js';

test('a document of the gateway with everything a client needs', async () => {
  const wire = await serve((_request, response) => sendJson(response, 418, { a: 'caf\u00e9' }));
  const { status, headers, body } = parseAnswer(
    await wire.send('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'),
  );
  await wire.close();
  expect(status).toBe(418);
  expect(headers).toMatchObject({
    'content-type': ['application/json; charset=utf-8'],
    'content-length': ['13'],
    'x-content-type-options': ['nosniff'],
  });
  expect(JSON.parse(Buffer.from(body, 'latin1').toString())).toEqual({ a: 'caf\u00e9' });
});
