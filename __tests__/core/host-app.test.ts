import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { trustsProxies } from '../../lib/core/host-app.js';

function requestOf(members: object): IncomingMessage {
  return members as IncomingMessage;
}
const settings = (value: unknown) => ({ get: (name: string) => (name === 'trust proxy' ? value : undefined) });

test('an app that was told which proxies to trust trusts them', () => {
  expect(trustsProxies(requestOf({ res: {}, app: settings(true) }))).toBe(true);
  expect(trustsProxies(requestOf({ res: {}, app: settings(['10.0.0.0/8']) }))).toBe(true);
});

test.each([
  ['a request of node:http', {}],
  ['an app without the setting', { res: {}, app: settings(undefined) }],
  ['an app that has not the request yet', { app: settings(true) }],
  ['something else that is called app', { res: {}, app: {} }],
  ['an app of another kind', { res: {}, app: { get: 'trust proxy' } }],
])('%s trusts none', (_, members) => {
  expect(trustsProxies(requestOf(members))).toBe(false);
});
