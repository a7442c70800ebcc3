import { expect, test } from 'vitest';
import { findParam, lowerFirst } from '../../lib/components/path-param.js';
import type { EndpointConfig } from '../../lib/config/resolved.js';

function endpointOf(params: string[], sequential = false): EndpointConfig {
  const segments = [{ literal: 'a' }, ...params.map((param) => ({ param })), { wildcard: true as const }];
  return { segments, proxy: { sequential } } as unknown as EndpointConfig;
}

test.each([
  ['id', ['id'], 'id'],
  ['Id', ['id'], 'id'],
  ['id', ['Id'], 'Id'],
  ['Id', ['Id', 'id'], 'Id'],
  ['other', ['id'], undefined],
  ['', ['id'], undefined],
])('"%s" among %j is %s', (name, params, found) => {
  expect(findParam(name, endpointOf(params))).toBe(found);
});

test('what an earlier backend answered counts where backends run one after the other', () => {
  expect(findParam('Resp0_id', endpointOf([], true))).toBe('resp0_id');
  expect(findParam('resp0_id', endpointOf([]))).toBeUndefined();
});

test('only the first letter changes', () => {
  expect([lowerFirst('Resp0_ID'), lowerFirst('')]).toEqual(['resp0_ID', '']);
});
