import { describe, expect, it } from 'vitest';
import { createShare } from '../../lib/sd/share.js';

function setUp() {
  const share = createShare();
  let made = 0;
  let closed = 0;
  const make = () => {
    made++;
    return {
      hosts: () => ['http://a'],
      ready: async () => {},
      close() {
        closed++;
      },
    };
  };
  return { share, make, counts: () => ({ made, closed }) };
}

describe('createShare', () => {
  it('makes one subscriber per key', () => {
    const { share, make, counts } = setUp();
    expect(share('a', make).hosts()).toBeDefined();
    share('a', make);
    share('b', make);
    expect(counts()).toEqual({ made: 2, closed: 0 });
  });

  it('closes it when the last user has closed, and makes another one for the next', () => {
    const { share, make, counts } = setUp();
    const one = share('a', make);
    const other = share('a', make);
    one.close?.();
    one.close?.();
    expect(counts()).toEqual({ made: 1, closed: 0 });
    other.close?.();
    expect(counts()).toEqual({ made: 1, closed: 1 });
    share('a', make);
    expect(counts()).toEqual({ made: 2, closed: 1 });
  });
});
