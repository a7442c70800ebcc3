import { beforeEach, describe, expect, test } from 'vitest';
import { type Breaker, type BreakerState, type CallOutcome, createBreaker } from '../../lib/components/breaker.js';
import { createRandom } from '../sd/support/random.js';

let time: number;
let changes: string[];

beforeEach(() => {
  time = 0;
  changes = [];
});

function setUp(options: { maxErrors?: number; interval?: number; timeout?: number } = {}): Breaker {
  return createBreaker({
    maxErrors: 0,
    interval: 0,
    timeout: 1_000,
    ...options,
    now: () => time,
    onChange: (from, to) => changes.push(`${from} → ${to}`),
  });
}

/** A whole call; false when it was not let in. */
function call(breaker: Breaker, outcome: CallOutcome): boolean {
  const entered = breaker.enter();
  if (entered) breaker.leave(entered, outcome);
  return entered !== undefined;
}

function calls(breaker: Breaker, ...outcomes: CallOutcome[]): boolean[] {
  return outcomes.map((outcome) => call(breaker, outcome));
}

describe('closed', () => {
  test('opens at the failure that is one too many', () => {
    const breaker = setUp({ maxErrors: 2 });
    expect(calls(breaker, 'failure', 'failure', 'failure', 'success')).toEqual([true, true, true, false]);
    expect(changes).toEqual(['closed → open']);
  });

  test('puts up with none when told so', () => {
    expect(calls(setUp({ maxErrors: 0 }), 'failure', 'success')).toEqual([true, false]);
  });

  test('a success in between starts the count again', () => {
    const breaker = setUp({ maxErrors: 1 });
    calls(breaker, 'failure', 'success', 'failure', 'success', 'failure');
    expect(changes).toEqual([]);
    expect(calls(breaker, 'failure', 'success')).toEqual([true, false]);
  });

  test('C02 calls that say nothing neither count nor start the count again', () => {
    const breaker = setUp({ maxErrors: 1 });
    calls(breaker, 'failure', ...Array<CallOutcome>(10_000).fill('ignored'));
    expect(changes).toEqual([]);
    call(breaker, 'failure');
    expect(changes).toEqual(['closed → open']);
  });

  test('forgets failures when the interval is over', () => {
    const breaker = setUp({ maxErrors: 1, interval: 100 });
    call(breaker, 'failure');
    time = 100;
    call(breaker, 'failure');
    expect(changes).toEqual([]);
    time = 199;
    call(breaker, 'failure');
    expect(changes).toEqual(['closed → open']);
  });

  test('forgets no failure without an interval', () => {
    const breaker = setUp({ maxErrors: 1 });
    call(breaker, 'failure');
    time = 1e12;
    call(breaker, 'failure');
    expect(changes).toEqual(['closed → open']);
  });

  test('a call of the window before does not count', () => {
    const breaker = setUp({ maxErrors: 0, interval: 100 });
    const early = breaker.enter() as BreakerState;
    time = 100;
    breaker.leave(early, 'failure');
    expect(call(breaker, 'success')).toBe(true);
    expect(changes).toEqual([]);
  });
});

describe('open', () => {
  test('lets nothing in until the timeout is over', () => {
    const breaker = setUp();
    call(breaker, 'failure');
    for (time = 0; time < 1_000; time++) expect(breaker.enter()).toBeUndefined();
    expect(breaker.enter()?.kind).toBe('half-open');
    expect(changes).toEqual(['closed → open', 'open → half-open']);
  });

  test('says when to come back', () => {
    const breaker = setUp();
    call(breaker, 'failure');
    time = 400;
    expect(breaker.retryAfter()).toBe(600);
  });

  test('calls that began before say nothing any more', () => {
    const breaker = setUp();
    const [first, second] = [breaker.enter() as BreakerState, breaker.enter() as BreakerState];
    breaker.leave(first, 'failure');
    breaker.leave(second, 'success');
    expect(breaker.enter()).toBeUndefined();
    time = 1_000;
    const probe = breaker.enter() as BreakerState;
    expect(breaker.enter()).toBeUndefined();
    breaker.leave(probe, 'failure');
    expect(changes).toEqual(['closed → open', 'open → half-open', 'half-open → open']);
  });
});

describe('half-open', () => {
  function halfOpen(): Breaker {
    const breaker = setUp();
    call(breaker, 'failure');
    time += 1_000;
    changes = [];
    return breaker;
  }

  test('C01 of 500 that wait at the switch one is let in', () => {
    const breaker = halfOpen();
    const entered = Array.from({ length: 500 }, () => breaker.enter()).filter(Boolean);
    expect(entered).toHaveLength(1);
    expect(breaker.retryAfter()).toBe(1_000);
  });

  test('closes when the probe succeeds, with a fresh count', () => {
    const breaker = halfOpen();
    call(breaker, 'success');
    expect(changes).toEqual(['open → half-open', 'half-open → closed']);
    expect(calls(breaker, 'success', 'failure', 'failure')).toEqual([true, true, false]);
  });

  test('opens for another timeout when the probe fails', () => {
    const breaker = halfOpen();
    call(breaker, 'failure');
    time += 999;
    expect(breaker.enter()).toBeUndefined();
    time += 1;
    expect(breaker.enter()).toBeDefined();
  });

  test('C02 a probe that says nothing gives its place to the next', () => {
    const breaker = halfOpen();
    for (let count = 0; count < 10_000; count++) expect(call(breaker, 'ignored')).toBe(true);
    expect(changes).toEqual(['open → half-open']);
    expect(call(breaker, 'success')).toBe(true);
    expect(changes).toEqual(['open → half-open', 'half-open → closed']);
  });

  test('S20 a probe that its caller holds up gives its place to the next after a second', () => {
    const breaker = halfOpen();
    const first = breaker.enter() as BreakerState & { kind: 'half-open' };
    if (first.probe) first.probe.isHeldUp = () => true;
    time += 999;
    expect(breaker.enter()).toBeUndefined();
    time += 1;
    const second = breaker.enter() as BreakerState & { kind: 'half-open' };
    if (second.probe) second.probe.isHeldUp = () => true;
    time += 999;
    expect(breaker.enter()).toBeUndefined();
    // The first counts no more.
    breaker.leave(first, 'ignored');
    breaker.leave(first, 'success');
    expect(breaker.enter()).toBeUndefined();
    breaker.leave(second, 'success');
    expect(changes).toEqual(['open → half-open', 'half-open → closed']);
  });

  test('a probe that only takes long keeps its place', () => {
    const breaker = halfOpen();
    const probe = breaker.enter() as BreakerState & { kind: 'half-open' };
    time += 60_000;
    expect(breaker.enter()).toBeUndefined();
    if (probe.probe) probe.probe.isHeldUp = () => false;
    expect(breaker.enter()).toBeUndefined();
  });

  test('a probe of an earlier half-open state does not take the place of this one', () => {
    const breaker = halfOpen();
    const first = breaker.enter() as BreakerState;
    breaker.leave(first, 'failure');
    time += 1_000;
    const second = breaker.enter() as BreakerState;
    breaker.leave(first, 'ignored');
    expect(breaker.enter()).toBeUndefined();
    breaker.leave(second, 'success');
    expect(changes.at(-1)).toBe('half-open → closed');
  });
});

/** The same machine, told as gobreaker tells it: a state, a generation number, and an expiry. */
function createReference(maxErrors: number, interval: number, timeout: number) {
  let state = 'closed';
  let generation = 0;
  let expiry = interval > 0 ? interval : Number.POSITIVE_INFINITY;
  let consecutive = 0;
  let running = 0;
  const seen: string[] = [];

  function renew(next: string, at: number): void {
    if (next !== state) seen.push(`${state} → ${next}`);
    state = next;
    generation++;
    consecutive = 0;
    running = 0;
    if (next === 'open') expiry = at + timeout;
    else expiry = next === 'closed' && interval > 0 ? at + interval : Number.POSITIVE_INFINITY;
  }

  function settle(at: number): void {
    if (at < expiry) return;
    renew(state === 'open' ? 'half-open' : 'closed', at);
  }

  return {
    seen,
    begin(at: number): { generation: number } | undefined {
      settle(at);
      if (state === 'open' || (state === 'half-open' && running > 0)) return undefined;
      running++;
      return { generation };
    },
    end(at: number, call: { generation: number }, outcome: CallOutcome): void {
      settle(at);
      if (call.generation !== generation) return;
      if (outcome === 'ignored') running--;
      else if (state === 'half-open') renew(outcome === 'success' ? 'closed' : 'open', at);
      else if (outcome === 'success') consecutive = 0;
      else if (++consecutive > maxErrors) renew('open', at);
    },
  };
}

describe('C03 100,000 random events', () => {
  test.each([
    { maxErrors: 0, interval: 0, timeout: 50 },
    { maxErrors: 3, interval: 0, timeout: 50 },
    { maxErrors: 3, interval: 40, timeout: 20 },
    { maxErrors: 10, interval: 500, timeout: 200 },
  ])('are answered as the reference answers them: %o', ({ maxErrors, interval, timeout }) => {
    const random = createRandom(maxErrors * 1_000 + interval + 1);
    const breaker = setUp({ maxErrors, interval, timeout });
    const reference = createReference(maxErrors, interval, timeout);
    const underWay: { entered: BreakerState; expected: { generation: number } }[] = [];
    let refused = 0;

    for (let event = 0; event < 100_000; event++) {
      if (random() < 0.4) time += Math.floor(random() * 10);
      if (random() < 0.5 || underWay.length === 0) {
        const [entered, expected] = [breaker.enter(), reference.begin(time)];
        if ((entered === undefined) !== (expected === undefined))
          expect({ event, entered }).toEqual({ event, expected });
        if (entered && expected) underWay.push({ entered, expected });
        else refused++;
      } else {
        const [call] = underWay.splice(Math.floor(random() * underWay.length), 1);
        const chance = random();
        const outcome = chance < 0.6 ? 'failure' : chance < 0.9 ? 'success' : 'ignored';
        breaker.leave(call!.entered, outcome);
        reference.end(time, call!.expected, outcome);
      }
    }
    expect(changes).toEqual(reference.seen);
    expect(changes.length).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(1_000);
  });
});

test('recovers on its own as soon as the one called does', () => {
  const breaker = setUp({ timeout: 100 });
  for (time = 0; time < 1_000; time++) call(breaker, 'failure');
  const healed = time;
  let served = 0;
  for (; time <= healed + 100; time++) served += call(breaker, 'success') ? 1 : 0;
  expect(served).toBeGreaterThan(0);
  expect(changes.at(-1)).toBe('half-open → closed');
});

test('T05 by default the clock is one that nobody can set', () => {
  const breaker = createBreaker({ maxErrors: 0, interval: 0, timeout: 60_000 });
  call(breaker, 'failure');
  const before = breaker.retryAfter();
  const original = Date.now;
  Date.now = () => original() + 3_600_000;
  try {
    expect(breaker.enter()).toBeUndefined();
    expect(before - breaker.retryAfter()).toBeLessThan(10_000);
  } finally {
    Date.now = original;
  }
});
