import { createQueue, type Queue, type QueueNode } from '../core/linked-queue.js';
import { onceAMinute } from '../core/once-a-minute.js';
import type { Logger } from '../logger.js';
import type { Connection } from './connection.js';

/** A call that needs a connection. */
export interface Call {
  /** Called once a connection is there; the caller gives it back with `release` or `discard`. */
  start(connection: Connection): void;
  /** Called instead when there will be none, since everything is closing. */
  refuse(): void;
}

/** A call that waits for a connection of one pool. */
export interface Waiter {
  readonly member: Member;
  readonly call: Call;
  place: QueueNode<Waiter> | undefined;
}

/** What an origin asks of each of its pools. */
export interface Member {
  /** Opens a connection for the call. */
  open(call: Call): void;
  /** When its longest idle connection became idle; `Infinity` where none is. */
  idleSince(): number;
  /** Closes its longest idle connection. */
  closeOldest(): void;
  /** Closes its idle connections; those in use serve no further exchange. */
  retireLanes(): void;
}

/**
 * What all pools to one origin have in common, whatever their settings and whichever configuration they belong to: how many
 * connections there may be, the calls that wait for one, and whether the origin is known to answer out of step.
 */
export interface Origin {
  readonly members: Set<Member>;
  /** In the order they came. */
  readonly waiting: Queue<Waiter>;
  /** Connections there may be. */
  limit: number;
  /** Connections there are. */
  connections: number;
  /** How many of them are idle. */
  idle: number;
  /** True where a connection may be opened, if need be in the place of idle ones. */
  makeRoom(): boolean;
  /** Opens connections for the calls that wait, as far as there is room. */
  admit(): void;
  /** It has sent bytes that no request asked for. */
  strike(): void;
  /** True while each exchange has to have a socket of its own. */
  isIsolated(): boolean;
  /** True once it was struck. */
  isSuspect(): boolean;
}

/** The origins that a gateway calls. They outlive a configuration, so that a reload forgets no strike. */
export interface Origins {
  of(name: string): Origin;
  /** A clock that only goes forward, in milliseconds. */
  readonly now: () => number;
}

/** How long an origin is isolated after a strike, in milliseconds. */
const ISOLATION = 600_000;
/** Origins remembered, unless more of them are in use. */
const MAX_ORIGINS = 1_024;

const STRAY =
  'A backend sent bytes that no request asked for: each call gets a connection of its own for ten minutes. ' +
  'Look for a service that answers twice, or sends a body with HEAD, 204 or 304.';

export function createOrigins(logger: Logger, now: () => number = () => performance.now()): Origins {
  const origins = new Map<string, Origin>();

  function of(name: string): Origin {
    const known = origins.get(name);
    if (known !== undefined) return known;
    if (origins.size >= MAX_ORIGINS) forgetUnused();
    const origin = createOrigin(name, logger, now);
    origins.set(name, origin);
    return origin;
  }

  /** Those that were struck are the last to go. */
  function forgetUnused(): void {
    for (const isSuspectToo of [false, true]) {
      for (const [name, origin] of origins) {
        if (origin.members.size === 0 && (isSuspectToo || !origin.isSuspect())) origins.delete(name);
      }
      if (origins.size < MAX_ORIGINS) return;
    }
  }

  return { of, now };
}

function createOrigin(name: string, logger: Logger, now: () => number): Origin {
  let isolatedUntil = -Infinity;
  const report = onceAMinute(() => logger.warn({ origin: name }, STRAY), now);

  const origin: Origin = {
    members: new Set(),
    waiting: createQueue(),
    limit: 0,
    connections: 0,
    idle: 0,

    makeRoom() {
      while (origin.connections >= origin.limit && origin.idle > 0) oldest(origin.members).closeOldest();
      return origin.connections < origin.limit;
    },

    admit() {
      while (origin.waiting.size > 0 && origin.makeRoom()) {
        const next = origin.waiting.shift();
        next?.member.open(next.call);
      }
    },

    strike() {
      isolatedUntil = now() + ISOLATION;
      for (const member of origin.members) member.retireLanes();
      report();
    },

    isIsolated: () => now() < isolatedUntil,
    isSuspect: () => isolatedUntil > -Infinity,
  };
  return origin;
}

function oldest(members: Iterable<Member>): Member {
  let found: Member | undefined;
  for (const member of members) if (found === undefined || member.idleSince() < found.idleSince()) found = member;
  return found as Member;
}
