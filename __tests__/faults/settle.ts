import { performance } from 'node:perf_hooks';
import type { Result } from './client.js';
import type { LagMeter } from './lag.js';
import { LAB } from './shapes.js';
import type { LabRequest, Turn } from './turn.js';
import { type Violation, verifyCalls } from './verify.js';

/** What the clock says about a turn, once everything that it started has had time to end: I4, I5, I6, I7. */
export interface Timing {
  readonly violations: Violation[];
  /** Milliseconds from request to answer, less what the machine stood still. */
  readonly elapsed: number;
  /** Milliseconds over the deadline, for turns that ended by it. */
  readonly overrun: number | undefined;
  /** Milliseconds from the end of the turn until the gateway hung up on backends still at work. */
  readonly aborts: readonly number[];
}

/** Milliseconds after its end at which a turn is settled. */
export const SETTLE_TIME = 400;
const SLACK_DEADLINE = 100;
const SLACK_MERGE = 50;
const SLACK_ABORT = 50;
/** One call in so many may have met the worst that the machine does. */
const RARELY = 1000;
/** Milliseconds before the deadline by which an answer has come in time, and after which a call has been made late. */
const IN_TIME = 60;

export function settleTurn(turn: Turn, result: Result, lag: LagMeter): Timing {
  const violations: Violation[] = [];
  const report = (invariant: string, message: string, excess?: number): void => {
    violations.push(excess === undefined ? { invariant, message } : { invariant, message, excess });
  };
  const took = result.endedAt - result.startedAt;
  const elapsed = took - lag.allowance(result.startedAt, result.endedAt);
  const waited = turn.behaviour === 'slow-read' ? turn.delay : 0;
  // What comes behind a pause has its time from then on.
  const deadline =
    Math.max(...turn.requests.map(({ route }) => route.shape.deadline)) +
    (turn.behaviour === 'halting' ? turn.delay : 0);
  const slack = deadline === LAB.mergeTimeout ? SLACK_MERGE : SLACK_DEADLINE;
  const allowed = Math.max(deadline, waited) + slack;
  if (elapsed > allowed) {
    report(
      'I4',
      `ended after ${took.toFixed(1)} ms (${elapsed.toFixed(1)} without stalls), the deadline is ${deadline}`,
      elapsed - allowed,
    );
  }

  const aborts: number[] = [];
  for (const request of turn.requests) {
    verifyCalls(request, report);
    let count = 0;
    let worst: LateCall | undefined;
    for (const late of lateCalls(request, result, lag)) {
      if (late.isAbort) aborts.push(late.after);
      if (late.after <= SLACK_ABORT || late.after <= SLACK_ABORT + lag.wait(RARELY)) continue;
      count += 1;
      if (!worst || late.after > worst.after) worst = late;
    }
    // What keeps one backend at work tends to keep its siblings at work.
    if (worst) report('I5', `${worst.message} (${count} such)`, worst.after - SLACK_ABORT);
  }
  return { violations, elapsed, overrun: took >= deadline - 10 ? elapsed - deadline : undefined, aborts };
}

interface LateCall {
  readonly message: string;
  /** Milliseconds after the end, less what the machine stood still. */
  readonly after: number;
  /** It is the gateway that ended it. */
  readonly isAbort: boolean;
}

function* lateCalls(request: LabRequest, { endedAt }: Result, lag: LagMeter): Generator<LateCall> {
  function since(moment: number): number {
    return moment - endedAt - lag.allowance(endedAt, moment);
  }

  for (const call of request.calls) {
    const plan = request.parts.find(({ role }) => role.name === call.role)?.plan;
    const what = `${call.role} (${plan?.id} ${plan?.name})`;
    if (call.at > endedAt) {
      const after = since(call.at);
      yield { message: `${what} was called ${after.toFixed(0)} ms after the end`, after, isAbort: false };
    }
    if (plan?.deaf || plan?.lingers) continue;
    const end = call.closedAt ?? call.doneAt;
    if (end !== undefined && end <= endedAt) continue;
    const after = since(end ?? performance.now());
    // One that had its answer ready a moment later need not be hung up on.
    const isAbort = end !== undefined && call.closedBy === 'gateway';
    const verb = end === undefined ? 'is still at work' : 'worked on until';
    yield { message: `${what} ${verb} ${after.toFixed(0)} ms after the end`, after, isAbort };
  }
}

/**
 * Whether parts that an answer lacks are missing through a fault of the gateway: it called late, or had them in time. What
 * a backend was late with, and what the machine took for itself, is none.
 */
export function isMissed(turn: Turn, result: Result, lag: LagMeter): boolean {
  return turn.requests.some(function lacks({ route, parts, calls }) {
    const { startedAt, endedAt } = result;
    const deadline = startedAt + route.shape.deadline - IN_TIME;
    if (lag.allowance(startedAt, endedAt) >= IN_TIME) return false;
    return parts.some(function isMissing({ role, expected }) {
      if (expected.outcomes.includes('fail')) return false;
      const call = calls.find((one) => one.role === role.name);
      if (!call || call.at - startedAt > route.shape.deadline / 2) return !role.isSecond;
      return call.doneAt !== undefined && call.doneAt < deadline;
    });
  });
}
