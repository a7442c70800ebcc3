import { expect, test } from 'vitest';
import { pathText } from '../../lib/config/path.js';

test('paths read like JavaScript', () => {
  expect(pathText([])).toBe('');
  expect(pathText(['endpoints', 0, 'backend', 1, 'url_pattern'])).toBe('endpoints[0].backend[1].url_pattern');
  expect(pathText(['extra_config', 'qos/circuit-breaker', 'max_errors'])).toBe(
    'extra_config["qos/circuit-breaker"].max_errors',
  );
  expect(pathText(['mapping', 'a"b\n'])).toBe('mapping["a\\"b\\n"]');
});
