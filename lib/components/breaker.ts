/** What a call tells about the one called. `ignored`: nothing, it was our own doing. */
export type CallOutcome = 'success' | 'failure' | 'ignored';

/** What a breaker is at the moment. Times in milliseconds of its clock. */
export type BreakerState =
  | { readonly kind: 'closed'; failures: number; readonly windowEnd: number }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'half-open'; probe: Probe | undefined };

/** The one call of a half-open breaker. */
interface Probe {
  readonly since: number;
  /** Whether its caller is what it waits for, as with an upload; set by the code that made the call, where that can be. */
  isHeldUp?: () => boolean;
}

export interface BreakerOptions {
  /** Consecutive failures that are tolerated; one more opens it. */
  readonly maxErrors: number;
  /** Milliseconds after which failures are forgotten while it is closed; 0: never. */
  readonly interval: number;
  /** Milliseconds that it stays open. */
  readonly timeout: number;
  /** Called once for every change. */
  readonly onChange?: (from: BreakerState['kind'], to: BreakerState['kind']) => void;
  /** A clock that only goes forward. */
  readonly now?: () => number;
}

/** Keeps calls away from a peer that fails them all. */
export interface Breaker {
  /** The state a call is made in, to be handed to `leave`; undefined when it must not be made. */
  enter(): BreakerState | undefined;
  /** Ends a call. Must come exactly once for each that was let in, whatever became of it. */
  leave(entered: BreakerState, outcome: CallOutcome): void;
  /** Milliseconds until another try may be let in. */
  retryAfter(): number;
}

/** While a probe is under way it is unknown how long it takes. One that its caller holds up keeps its place as long. */
const PROBE_PATIENCE = 1_000;

/**
 * closed → open after more than `maxErrors` consecutive failures; open → half-open after `timeout`; half-open lets one
 * call through and becomes what that one says. Each state is an object of its own, and a call that began in another one
 * counts no more.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { maxErrors, interval, timeout, onChange, now = () => performance.now() } = options;
  let state: BreakerState = closed(now());

  function closed(at: number): BreakerState {
    return { kind: 'closed', failures: 0, windowEnd: interval > 0 ? at + interval : Number.POSITIVE_INFINITY };
  }

  function become(next: BreakerState): void {
    const from = state.kind;
    state = next;
    if (next.kind !== from) onChange?.(from, next.kind);
  }

  /** What the time alone changes. */
  function refresh(at: number): void {
    if (state.kind === 'closed' && at >= state.windowEnd) become(closed(at));
    else if (state.kind === 'open' && at >= state.until) become({ kind: 'half-open', probe: undefined });
  }

  return {
    enter() {
      const at = now();
      refresh(at);
      if (state.kind !== 'half-open') return state.kind === 'open' ? undefined : state;
      const { probe } = state;
      if (probe === undefined) {
        state.probe = { since: at };
        return state;
      }
      if (at - probe.since < PROBE_PATIENCE || !probe.isHeldUp?.()) return undefined;
      // Another state, so that the probe before it counts no more.
      state = { kind: 'half-open', probe: { since: at } };
      return state;
    },

    leave(entered, outcome) {
      const at = now();
      refresh(at);
      if (state !== entered || state.kind === 'open') return;
      if (outcome === 'ignored') {
        if (state.kind === 'half-open') state.probe = undefined;
        return;
      }
      if (state.kind === 'half-open') {
        become(outcome === 'success' ? closed(at) : { kind: 'open', until: at + timeout });
      } else if (outcome === 'success') {
        state.failures = 0;
      } else if (++state.failures > maxErrors) {
        become({ kind: 'open', until: at + timeout });
      }
    },

    retryAfter() {
      return state.kind === 'open' ? Math.max(0, state.until - now()) : PROBE_PATIENCE;
    },
  };
}
