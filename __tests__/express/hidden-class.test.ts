import type { RequestListener } from 'node:http';
import express from 'express';
import express4 from 'express4';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shareHiddenClass } from '../../lib/express/hidden-class.js';
import { serverOptions } from '../../lib/express/server-options.js';
import { allowNatives, forbidNatives, meanwhile, type Natives } from './hidden-classes.js';

let natives: Natives;
beforeAll(() => {
  natives = allowNatives();
});
afterAll(forbidNatives);

/** Later ones have it right. */
const isOldV8 = Number.parseInt(process.versions.v8, 10) < 13;

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('%s', (_, create) => {
  const host = (listener: RequestListener): RequestListener => create().use('/api', listener);

  test.runIf(isOldV8)('gives each response a class of its own, and afterwards all have the same', async () => {
    const seen: boolean[] = [];
    await meanwhile(host, (first, second) => {
      seen.push(natives.haveSameClass(first[1], second[1]));
      for (const [request, response] of [first, second]) shareHiddenClass(request, response);
      seen.push(natives.haveSameClass(first[1], second[1]), natives.haveSameClass(first[0], second[0]));
    });
    expect(seen).toEqual([false, true, true]);
  });

  test('loses nothing', async () => {
    const views: unknown[] = [];
    await meanwhile(host, ([request, response]) => {
      const before = [Object.keys(request).sort(), Object.keys(response).sort()];
      shareHiddenClass(request, response);
      views.push(before, [Object.keys(request).sort(), Object.keys(response).sort()]);
      views.push((request as { res?: unknown }).res === response, response.req === request);
    });
    expect(views[1]).toEqual(views[0]);
    expect(views.slice(2)).toEqual([true, true]);
  });

  test.runIf(isOldV8).each<[string, (listener: RequestListener) => RequestListener]>([
    ['', host],
    [', also in an app inside the app', (listener) => create().use(host(listener))],
  ])('leaves alone what serverOptions has made%s', async (_where, hostOf) => {
    const seen: boolean[] = [];
    await meanwhile(
      hostOf,
      (first, second) => {
        for (const [request, response] of [first, second]) shareHiddenClass(request, response);
        for (const index of [0, 1] as const) {
          seen.push(natives.haveSameClass(first[index], second[index]), natives.isFast(first[index]));
        }
      },
      (app) => serverOptions(app as express.Express),
    );
    expect(seen).toEqual([true, true, true, true]);
  });
});

test('leaves alone what no Express has touched', async () => {
  await meanwhile(
    (listener) => listener,
    ([request, response]) => {
      const keys = Object.keys(response);
      shareHiddenClass(request, response);
      expect(Object.keys(response)).toEqual(keys);
      expect(Object.hasOwn(request, 'res')).toBe(false);
    },
  );
});
