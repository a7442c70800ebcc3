import { describe, expect, it } from 'vitest';
import { type Held, openHeld } from '../../lib/core/buffer-budget.js';
import { HeldBody } from '../../lib/transport/held-body.js';

function holding(limit: number): Held {
  return openHeld({ limit, used: 0 });
}

describe('a body whose length is not known', () => {
  it('is its pieces, in order, and counts as they come', () => {
    const held = holding(100);
    const body = new HeldBody(held);
    expect(body.add(Buffer.from('ab'))).toBe(true);
    expect(held.bytes).toBe(2);
    expect(body.add(Buffer.from('cde'))).toBe(true);
    expect(held.bytes).toBe(5);
    expect(body.copiesPieces).toBe(false);
    expect(body.take().toString()).toBe('abcde');
    expect(held.bytes).toBe(5);
  });

  it('finds no room beyond what requests may hold, and gives back what it has counted', () => {
    const held = holding(4);
    const body = new HeldBody(held);
    expect(body.add(Buffer.from('abc'))).toBe(true);
    expect(body.add(Buffer.from('de'))).toBe(false);
    expect(held.budget.used).toBe(3);
    body.giveBack();
    body.giveBack();
    expect(held.budget.used).toBe(0);
  });
});

describe('a body whose length is known', () => {
  it('counts at once, and not again', () => {
    const held = holding(5);
    const body = new HeldBody(held);
    expect(body.expect(5)).toBe(true);
    expect(held.bytes).toBe(5);
    expect(body.add(Buffer.from('abc')) && body.add(Buffer.from('de'))).toBe(true);
    expect(held.bytes).toBe(5);
    expect(body.take().toString()).toBe('abcde');
  });

  it('finds no room before anything of it has come', () => {
    const held = holding(5);
    expect(new HeldBody(held).expect(6)).toBe(false);
    expect(held.budget.used).toBe(0);
  });

  it('is copied as it comes into one Buffer where it is large', () => {
    const body = new HeldBody(undefined);
    expect(body.expect(100_000)).toBe(true);
    expect(body.copiesPieces).toBe(true);
    const lent = Buffer.alloc(50_000, 'a');
    body.add(lent);
    lent.fill('b');
    body.add(lent);
    expect(body.take().equals(Buffer.concat([Buffer.alloc(50_000, 'a'), Buffer.alloc(50_000, 'b')]))).toBe(true);
  });

  it('has no Buffer for more than a backend is believed to send', () => {
    const body = new HeldBody(undefined);
    expect(body.expect(100_000_000)).toBe(true);
    expect(body.copiesPieces).toBe(false);
  });
});

it('is empty where nothing came', () => {
  expect(new HeldBody(undefined).take()).toHaveLength(0);
});
