import { expect, test } from 'vitest';
import { silentLogger } from '../../lib/logger.js';
import { createBuiltInRoutes } from '../../lib/router/built-in.js';

type Options = Parameters<typeof createBuiltInRoutes>[0];

function routes(options: Partial<Omit<Options, 'router'>> = {}, router: object = {}) {
  const settings = { disable_health: false, health_path: '/__health', ...router } as Options['router'];
  const created = createBuiltInRoutes({
    debug: false,
    echo: false,
    logger: silentLogger,
    ...options,
    router: settings,
  });
  return created.map(({ method, path, isPrefix }) => `${method ?? 'any'} ${path}${isPrefix ? '/' : ''}`);
}

test('health is there by default, the others on request', () => {
  expect(routes()).toEqual(['GET /__health']);
  expect(routes({ debug: true })).toEqual(['GET /__health', 'any /__debug/']);
  expect(routes({ echo: true })).toEqual(['GET /__health', 'any /__echo/']);
});

test('health can move and can be switched off', () => {
  expect(routes({}, { health_path: '/up' })).toEqual(['GET /up']);
  expect(routes({ debug: true }, { disable_health: true })).toEqual(['any /__debug/']);
});
