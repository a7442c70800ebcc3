import { expect, test } from 'vitest';
import { createNotices } from '../../lib/config/notices.js';

function told(notices: ReturnType<typeof createNotices>): [string, string][] {
  const lines: [string, string][] = [];
  notices.tell((at, message) => lines.push([at, message]));
  return lines;
}

test('one sentence about many places is one line', () => {
  const notices = createNotices();
  for (let index = 0; index < 14; index++) notices.add(`endpoints[${index}]`, 'does nothing.');
  notices.add('port', 'does nothing here.');
  expect(told(notices)).toEqual([
    ['endpoints[0], endpoints[1] and 12 more', 'does nothing.'],
    ['port', 'does nothing here.'],
  ]);
});

test('a place is named once', () => {
  const notices = createNotices();
  notices.add('a', 'x');
  notices.add('a', 'x');
  notices.add('b', 'x');
  expect(told(notices)).toEqual([['a, b', 'x']]);
});
