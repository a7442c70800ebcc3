import { expect, test } from 'vitest';
import { silentLogger } from '../../lib/logger.js';
import { createBuiltInRoutes, toShapes } from '../../lib/router/built-in.js';
import { createCanonicalPath } from '../../lib/router/canonical.js';

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
  return created.map(({ methods, path, isPrefix }) => `${methods?.join() ?? 'any'} ${path}${isPrefix ? '/' : ''}`);
}

test('health is there by default, the others on request', () => {
  expect(routes()).toEqual(['GET,HEAD /__health']);
  expect(routes({ debug: true })).toEqual(['GET,HEAD /__health', 'any /__debug/']);
  expect(routes({ echo: true })).toEqual(['GET,HEAD /__health', 'any /__echo/']);
});

test('health can move and can be switched off', () => {
  expect(routes({}, { health_path: '/up' })).toEqual(['GET,HEAD /up']);
  expect(routes({ debug: true }, { disable_health: true })).toEqual(['any /__debug/']);
});

test('other spellings of their paths lead to them', () => {
  const settings = { disable_health: false, health_path: '/__health' } as Options['router'];
  const created = createBuiltInRoutes({ debug: true, echo: false, logger: silentLogger, router: settings });
  const canonical = createCanonicalPath(toShapes(created));
  expect(canonical('GET', '/__health/')).toBe('/__health');
  expect(canonical('HEAD', '//__Health')).toBe('/__health');
  expect(canonical('POST', '/__health/')).toBeUndefined();
  expect(canonical('POST', '/__DEBUG/a/B')).toBe('/__debug/a/B');
});
