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

export function settleTurn(turn: Turn, result: Result, lag: LagMeter): Timing {
  const violations: Violation[] = [];
  const report = (invariant: string, message: string): number => violations.push({ invariant, message });
  const took = result.endedAt - result.startedAt;
  const elapsed = took - lag.between(result.startedAt, result.endedAt);
  const waited = turn.behaviour === 'slow-read' ? turn.delay : 0;
  const deadline = Math.max(...turn.requests.map(({ route }) => route.shape.deadline));
  const slack = deadline === LAB.timeout ? SLACK_DEADLINE : SLACK_MERGE;
  if (elapsed > Math.max(deadline + slack, waited + slack)) {
    report(
      'I4',
      `ended after ${took.toFixed(1)} ms (${elapsed.toFixed(1)} without stalls), the deadline is ${deadline}`,
    );
  }

  const aborts: number[] = [];
  for (const request of turn.requests) {
    verifyCalls(request, report);
    const late: string[] = [];
    for (const abort of lateEnds(request, result, lag, (message) => late.push(message))) aborts.push(abort);
    // What keeps one backend at work tends to keep its siblings at work.
    if (late.length > 0) report('I5', `${late[0]}${late.length > 1 ? ` (and ${late.length - 1} more)` : ''}`);
  }
  return { violations, elapsed, overrun: took >= deadline - 10 ? elapsed - deadline : undefined, aborts };
}

function* lateEnds(
  request: LabRequest,
  result: Result,
  lag: LagMeter,
  report: (message: string) => void,
): Generator<number> {
  const { endedAt } = result;
  for (const call of request.calls) {
    const plan = request.parts.find(({ role }) => role.name === call.role)?.plan;
    const startedLate = call.at - endedAt - lag.between(endedAt, call.at);
    if (startedLate > SLACK_ABORT) report(`${call.role} was called ${startedLate.toFixed(0)} ms after the end`);
    if (plan?.deaf || plan?.lingers) continue;
    const end = call.closedAt ?? call.doneAt;
    if (end === undefined) {
      report(`${call.role} (${plan?.id} ${plan?.name}) is still at work ${SETTLE_TIME} ms after the end`);
    } else if (end > endedAt) {
      const abort = end - endedAt - lag.between(endedAt, end);
      if (call.closedBy === 'gateway') yield abort;
      // One that had its answer ready a moment later need not be hung up on.
      if (abort > SLACK_ABORT)
        report(`${call.role} (${plan?.id} ${plan?.name}) worked on for ${abort.toFixed(0)} ms after the end`);
    }
  }
}
