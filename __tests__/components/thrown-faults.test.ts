import { expect, test } from 'vitest';
import { thrownFaults } from '../../lib/components/thrown-faults.js';
import { ConfigError } from '../../lib/errors.js';

function refuse(path: string): () => never {
  return () => {
    throw new ConfigError([{ path, message: 'is wrong' }]);
  };
}

test('the faults of all attempts; any other error is none of a configuration', () => {
  const none = () => 'fine';
  expect(thrownFaults([none, refuse('a'), none, refuse('b')]).map(({ path }) => path)).toEqual(['a', 'b']);
  expect(() => thrownFaults([refuse('a'), () => JSON.parse('{')])).toThrow(SyntaxError);
});
