import { expect, test } from 'vitest';
import { validatorSchema } from '../../../lib/components/jwt/options.js';
import { createRejections } from '../../../lib/components/jwt/rejections.js';

const make = (options: object) => createRejections(validatorSchema.parse(options));

test('who is unknown is 401, who may not is 403', () => {
  const { origin, ...rejections } = make({});
  const statuses = Object.entries(rejections).map(([name, { status }]) => [name, status]);
  expect(Object.fromEntries(statuses)).toEqual({
    missing: 401,
    malformed: 401,
    unverified: 401,
    untimely: 401,
    unfit: 401,
    role: 403,
    scope: 403,
  });
  expect(origin('why')).toMatchObject({ status: 401, message: 'why', headers: {} });
});

test('nothing is said to the client unless that is asked for', () => {
  const { origin: _, ...rejections } = make({});
  for (const { headers } of Object.values(rejections)) expect(headers).toEqual({});
});

test('challenges follow RFC 6750, and hold no scope that could not stand there', () => {
  const { missing, role, scope } = make({ www_authenticate: true, scopes: ['r', 'w:x'] });
  expect([missing, role, scope].map(({ headers }) => headers['www-authenticate'])).toEqual([
    'Bearer',
    'Bearer error="insufficient_scope"',
    'Bearer error="insufficient_scope", scope="r w:x"',
  ]);
  const odd = make({ www_authenticate: true, scopes: ['a"b', 'c\r\n'] }).scope;
  expect(odd.headers['www-authenticate']).toBe('Bearer error="insufficient_scope"');
});
