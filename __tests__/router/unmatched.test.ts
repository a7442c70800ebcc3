import { afterEach, describe, expect, test } from 'vitest';
import { createUnmatchedAnswer } from '../../lib/router/unmatched.js';
import { parseAnswer, serve, type Wire } from './wire.js';

type Options = Parameters<typeof createUnmatchedAnswer>[0];

let wire: Wire;
afterEach(() => wire.close());

async function answer(
  target: string,
  {
    allow,
    router = {},
    method = 'GET',
    mount = '',
  }: { allow?: string[]; router?: object; method?: string; mount?: string } = {},
) {
  const answerUnmatched = createUnmatchedAnswer({
    router: { error_body: {}, ...router } as Options['router'],
    completedHeader: 'X-Krakend-Completed',
    canonicalPath: (_method, path) => ({ '/Static': '/static', '/slash': '/slash/' })[path],
  });
  wire = await serve((request, response) => {
    response.sendDate = false;
    Object.assign(request, { originalUrl: request.url, url: request.url?.slice(mount.length) });
    answerUnmatched(request, response, allow);
  });
  const text = await wire.send(`${method} ${mount}${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
  const { status, headers, body } = parseAnswer(text);
  delete headers['connection'];
  return { status, headers, body };
}

test('an unknown path is a 404 as KrakenD says it', async () => {
  expect(await answer('/nowhere')).toEqual({
    status: 404,
    headers: {
      'x-krakend-completed': ['false'],
      'content-type': ['text/plain; charset=utf-8'],
      'x-content-type-options': ['nosniff'],
      'content-length': ['18'],
    },
    body: '404 page not found',
  });
});

test('a wrong method is a 405 that names the right ones', async () => {
  expect(await answer('/a', { allow: ['GET', 'PUT'], method: 'POST' })).toMatchObject({
    status: 405,
    headers: { allow: ['GET, PUT'] },
    body: '405 method not allowed',
  });
});

test('or a 404 on request', async () => {
  const { status, headers } = await answer('/a', {
    allow: ['GET'],
    router: { disable_handle_method_not_allowed: true },
  });
  expect([status, headers['allow']]).toEqual([404, undefined]);
});

test('error_body takes the place of the texts', async () => {
  const router = { error_body: { 404: { error: 'no caf\u00e9' } } };
  expect(await answer('/a', { router })).toMatchObject({
    status: 404,
    headers: { 'content-type': ['application/json; charset=utf-8'], 'content-length': ['20'] },
  });
  await wire.close();
  expect((await answer('/a', { router, allow: ['PUT'] })).body).toBe('405 method not allowed');
});

test('HEAD has no body', async () => {
  expect(await answer('/a', { method: 'HEAD' })).toMatchObject({
    status: 404,
    headers: { 'content-length': ['18'] },
    body: '',
  });
});

describe('redirects to the written form of a path', () => {
  test.each([
    ['/Static?a=1', 'GET', '', 301, '/static?a=1'],
    ['/slash', 'GET', '', 301, '/slash/'],
    ['/Static', 'POST', '', 307, '/static'],
    ['/Static', 'GET', '/api', 301, '/api/static'],
  ])('%s by %s below "%s"', async (target, method, mount, status, location) => {
    const { status: seen, headers } = await answer(target, { method, mount });
    expect([seen, headers['location']]).toEqual([status, [location]]);
  });

  test('each kind can be switched off', async () => {
    for (const [target, key] of [
      ['/Static', 'disable_redirect_fixed_path'],
      ['/slash', 'disable_redirect_trailing_slash'],
    ] as const) {
      expect((await answer(target, { router: { [key]: true } })).status).toBe(404);
      await wire.close();
      const other = { disable_redirect_fixed_path: true, disable_redirect_trailing_slash: true, [key]: false };
      expect((await answer(target, { router: other })).status).toBe(301);
      await wire.close();
    }
  });
});
