import { expect, test } from 'vitest';
import { answerHealth } from '../../lib/router/health.js';
import { parseAnswer, serve } from './wire.js';

test('says ok and the time, without gateway headers', async () => {
  const wire = await serve(answerHealth);
  const { status, headers, body } = parseAnswer(
    await wire.send('GET /__health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'),
  );
  await wire.close();
  const document = JSON.parse(body);
  expect(status).toBe(200);
  expect(headers['content-type']).toEqual(['application/json; charset=utf-8']);
  expect(headers['x-krakend-completed']).toBeUndefined();
  expect(document).toEqual({ status: 'ok', agents: {}, now: expect.any(String) });
  expect(Math.abs(Date.parse(document.now) - Date.now())).toBeLessThan(60_000);
});

test('HEAD has its headers and no body', async () => {
  const wire = await serve(answerHealth);
  const { status, headers, body } = parseAnswer(
    await wire.send('HEAD /__health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'),
  );
  await wire.close();
  expect([status, body]).toEqual([200, '']);
  expect(Number(headers['content-length'])).toBeGreaterThan(0);
});
