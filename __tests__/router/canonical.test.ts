import { expect, test } from 'vitest';
import type { Segment } from '../../lib/config/resolved.js';
import { createCanonicalPath } from '../../lib/router/canonical.js';

const ROUTES: { method: string; segments: Segment[] }[] = [
  { method: 'GET', segments: [{ literal: 'static' }] },
  { method: 'GET', segments: [{ literal: 'Users' }, { param: 'id' }, { literal: '' }] },
  { method: 'POST', segments: [{ literal: 'USERS' }, { param: 'id' }, { literal: '' }] },
  { method: 'GET', segments: [{ literal: 'users' }, { param: 'name' }, { literal: '' }] },
  { method: 'GET', segments: [{ literal: 'svc' }, { wildcard: true }] },
  { method: 'GET', segments: [{ param: 'any' }, { literal: 'x' }, { literal: 'y' }] },
];
const canonical = createCanonicalPath(ROUTES);

test.each([
  ['GET', '/StAtic', '/static'],
  ['GET', '/static/', '/static'],
  ['GET', '//static', '/static'],
  ['GET', '/a/..//./static', '/static'],
  ['GET', '/static/.', '/static'],
  ['GET', '/../static', '/static'],
  ['GET', '/users/Me', '/Users/Me/'],
  ['GET', '/USERS/Me/', '/Users/Me/'],
  ['POST', '/users/Me', '/USERS/Me/'],
  ['GET', '/SVC/Some/File', '/svc/Some/File'],
  ['GET', '/svc', '/svc/'],
  ['GET', '//evil.example/x/y', '/evil.example/x/y'],
])('%s %s leads to %s', (method, path, found) => {
  expect(canonical(method, path)).toBe(found);
});

test.each([
  ['GET', '/nowhere'],
  ['GET', '/static'],
  ['PUT', '/static/'],
  ['GET', '*'],
  ['GET', '/'],
])('%s %s leads nowhere else', (method, path) => {
  expect(canonical(method, path)).toBeUndefined();
});

test.each(['/\\evil.example/X/y', '/%5Cevil.example/X/y', '/%2Fevil.example/X/y', '/\tevil/X/y', '/a%0d%0ab/X/y'])(
  'U05 no redirect that could name another host: %j',
  (path) => {
    expect(canonical('GET', path)).toBeUndefined();
  },
);
