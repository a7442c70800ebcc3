import { expect, test } from 'vitest';
import { fencesIn } from './fences.js';

test('blocks are found with their line, and with what they print', () => {
  const markdown = [
    '# x',
    '',
    '```js',
    'a();',
    '```',
    '',
    '```text',
    'A',
    '```',
    'words',
    '```json',
    '{}',
    '```',
    '',
  ].join('\n');
  expect(fencesIn(markdown)).toEqual([
    { language: 'js', line: 4, code: 'a();\n', prints: 'A\n' },
    { language: 'text', line: 8, code: 'A\n', prints: undefined },
    { language: 'json', line: 12, code: '{}\n', prints: undefined },
  ]);
});
