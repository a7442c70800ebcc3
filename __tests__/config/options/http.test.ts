import { expect, test } from 'vitest';
import { httpClientSchema, httpSchema } from '../support/schemas.js';

test('an empty namespace says the same as none', () => {
  expect(httpSchema.parse({})).toEqual({ return_error_code: false });
  expect(httpClientSchema.parse({})).toEqual({ no_redirect: false, send_body_on_redirect: false });
});

test('S15 `no_redirect` and `redirects` must not contradict each other', () => {
  const fault = httpClientSchema.safeParse({ no_redirect: true, redirects: 'follow' }).error?.issues[0];
  expect(fault).toMatchObject({ path: ['redirects'], message: expect.stringContaining('no_redirect') });
  for (const fine of [
    { no_redirect: true, redirects: 'none' },
    { no_redirect: false, redirects: 'none' },
  ]) {
    expect(httpClientSchema.safeParse(fine).success).toBe(true);
  }
  expect(httpClientSchema.safeParse({ redirects: 'all' }).error?.issues[0]?.message).toMatch(/"follow" or/);
});
