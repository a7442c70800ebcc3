import type { Result } from './client.js';
import type { Call } from './fault-backend.js';
import { headerValues, type RawResponse } from './http-response.js';
import { type Expected, expectedAnswers, lateAnswers, memberOf, payloadOf } from './oracle.js';
import { LAB, type Shape } from './shapes.js';
import type { LabRequest, Part, Turn } from './turn.js';

/** A broken invariant: which one, and what was seen. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
  /** For those the clock tells: milliseconds beyond what is allowed. */
  readonly excess?: number;
}

export interface Verdict {
  readonly violations: Violation[];
  /** How the first request ended. */
  readonly kind: 'ok' | 'partial' | 'error' | 'cut' | 'left';
  /** An honest answer that lacks parts which came too late. */
  readonly isLate: boolean;
}

/** Milliseconds by which a timer may be early. */
const EARLY = 10;
const TOKEN = /Q[0-9a-z]+x\d-[0-9a-f]{12}/g;
/** Two of these in one answer, and two readers may believe different ones. */
const SINGLE_VALUED = ['content-type', 'location', 'etag', 'last-modified', 'content-encoding'];
const REDIRECTS_TO_ITSELF = '302 to itself';
const ANSWER_HEADERS = new Set([
  'content-type',
  'content-length',
  'x-krakend-completed',
  'date',
  'connection',
  'keep-alive',
  'x-content-type-options',
]);
export const CALL_HEADERS = new Set([
  'host',
  'connection',
  'user-agent',
  'accept-encoding',
  'content-length',
  'transfer-encoding',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-via',
  'via',
  ...LAB.headers,
]);

/** Checks a turn's result against the oracle and the journals: I1, I2, I3, I8. */
export function verifyTurn(turn: Turn, result: Result, isCanary: (text: string) => boolean): Verdict {
  const violations: Violation[] = [];
  const report: Report = (invariant, message, excess) => {
    violations.push(excess === undefined ? { invariant, message } : { invariant, message, excess });
  };
  const tokens = new Set(turn.requests.map(({ token }) => token));
  const received = result.received.toString('latin1');
  for (const [token] of received.matchAll(TOKEN)) {
    if (!tokens.has(token)) report('I1', `the token ${token} belongs to another request`);
  }
  if (isCanary(received)) report('I8', 'a canary is in the bytes for the client');
  if (result.ending === 'hung') report('I3', 'no answer and no close');
  if (result.ending === 'malformed') report('I3', `malformed answer: ${result.reason}`);

  let kind: Verdict['kind'] = result.ending === 'left' ? 'left' : 'cut';
  let isLate = false;
  for (const [index, request] of turn.requests.entries()) {
    const answer = result.responses[index];
    if (answer) {
      const outcome = verifyAnswer(request, answer.response, answer.at - result.startedAt, report);
      if (index === 0) kind = outcome.kind;
      isLate ||= outcome.isLate;
      continue;
    }
    if (result.ending !== 'closed') break;
    verifyClose(turn, request, result, report);
    break;
  }
  return { violations, kind, isLate };
}

type Report = (invariant: string, message: string, excess?: number) => void;

/**
 * Milliseconds by which an answer that tells of a deadline came before it; undefined where that was so early that no
 * busy machine explains it: a timer counts from when its loop last looked at the clock.
 */
function earliness(elapsed: number, deadline: number): number | undefined {
  return elapsed >= deadline / 2 ? Math.max(0, deadline - EARLY - elapsed) : undefined;
}

function verifyClose(turn: Turn, request: LabRequest, result: Result, report: Report): void {
  if (turn.behaviour === 'half-close') return;
  // What was sent behind a request whose answer ended the connection was never read.
  const last = result.responses.at(-1)?.response;
  if (last && headerValues(last, 'connection').some((value) => value.toLowerCase() === 'close')) return;
  // Of pipelined requests a later one may cut the connection under an earlier one.
  const mayBeCut = turn.requests.some(({ route, parts }) => route.shape.kind === 'stream' && parts.some(mayFail));
  const isLate = result.endedAt - result.startedAt >= request.route.shape.deadline - EARLY;
  if (mayBeCut) return;
  if (request.route.shape.kind === 'stream' && isLate) return;
  report('I3', `the connection was closed after ${result.fragment.bytes} bytes of an answer`);
}

function mayFail({ expected }: Part): boolean {
  return expected.outcomes.includes('fail');
}

function verifyAnswer(
  request: LabRequest,
  response: RawResponse,
  elapsed: number,
  report: Report,
): { kind: Verdict['kind']; isLate: boolean } {
  const { shape } = request.route;
  // On a busy machine the rest of a body may come when the time is up: the answer then says so.
  if (response.status === 408 && request.body.length > 0 && earliness(elapsed, shape.deadline) === 0)
    return { kind: 'error', isLate: true };
  const completed = headerValues(response, 'x-krakend-completed');
  if (completed.length !== 1) report('I2', `the marker stands there ${completed.length} times`);
  const hasTimeToRunOut = request.parts.some(({ expected }) => expected.pace === 'deadline');
  if (hasTimeToRunOut && elapsed < shape.deadline - EARLY) {
    const message = `answered after ${elapsed.toFixed(1)} ms, before the deadline`;
    report('I4', message, earliness(elapsed, shape.deadline));
  }
  if (shape.kind === 'stream') return verifyStream(request, response, elapsed, report);

  for (const [name] of response.headers)
    if (!ANSWER_HEADERS.has(name)) report('I7', `the header ${name} reached the client`);
  const got: Expected = {
    status: response.status,
    isComplete: completed[0] === 'true',
    text: response.body.length === 0 ? undefined : response.body.toString('utf8'),
  };
  const kind = got.status !== 200 ? 'error' : got.isComplete ? 'ok' : 'partial';
  const expected = expectedAnswers(request);
  if (expected.some((one) => isSame(one, got))) return { kind, isLate: false };
  const early = earliness(elapsed, shape.deadline);
  if (early !== undefined && lateAnswers(request, got.text).some((late) => isSame(late, got))) {
    if (early > 0) report('I2', `a part is missing after ${elapsed.toFixed(1)} ms, before the deadline`, early);
    return { kind, isLate: true };
  }
  report(
    'I2',
    `expected ${expected.map(describe).join(' or ')}\n      got      ${describe(got)}${firstDifference(expected[0], got)}`,
  );
  return { kind, isLate: false };
}

function verifyStream(
  request: LabRequest,
  response: RawResponse,
  elapsed: number,
  report: Report,
): { kind: Verdict['kind']; isLate: boolean } {
  const [part] = request.parts;
  if (!part) throw new Error('a stream has one backend');
  const early = earliness(elapsed, request.route.shape.deadline);
  const isLate = early === 0;
  const isError =
    response.status === 500 && response.body.length === 0 && headerValues(response, 'x-be-role').length === 0;
  if (isError) {
    if (!mayFail(part) && !isLate)
      report('I2', `${part.id} ${part.name}: expected the backend's answer, got an error`, early);
    return { kind: 'error', isLate: isLate && !mayFail(part) };
  }
  if (!part.expected.outcomes.includes('ok')) {
    report(
      'I2',
      `${part.id} ${part.name}: a cut or broken answer came to a clean end (${response.status}, ${response.body.length} bytes)`,
    );
    return { kind: 'ok', isLate: false };
  }
  const isFollowed = part.name === '302 to another port';
  const payload = payloadOf(part, request, request.token, request.body);
  if (response.status !== part.status && !isFollowed)
    report('I2', `expected status ${part.status}, got ${response.status}`);
  if (!part.plan?.isEncoded && !response.body.equals(payload))
    report('I2', `the body differs: ${response.body.length} bytes instead of ${payload.length}`);
  for (const name of SINGLE_VALUED) {
    const values = headerValues(response, name);
    if (values.length > 1) report('I2', `${name} reached the client ${values.length} times: ${values.join(' | ')}`);
  }
  const cookies = headerValues(response, 'set-cookie');
  if (part.id === 'Z51' && cookies.join('|') !== 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT|b=2|a=3; Path=/') {
    report('I2', `Set-Cookie changed: ${cookies.join('|')}`);
  }
  return { kind: 'ok', isLate: false };
}

function isSame(a: Expected, b: Expected): boolean {
  return a.status === b.status && a.isComplete === b.isComplete && (a.text ?? '') === (b.text ?? '');
}

function describe({ status, isComplete, text = '' }: Expected): string {
  return `${status} completed=${isComplete} ${text.length > 200 ? `${text.slice(0, 200)}… (${text.length})` : text}`;
}

function firstDifference(expected: Expected | undefined, got: Expected): string {
  const a = expected?.text ?? '';
  const b = got.text ?? '';
  if (a === b) return '';
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const from = Math.max(0, at - 20);
  return `\n      differs at ${at}: ${JSON.stringify(a.slice(from, at + 40))} / ${JSON.stringify(b.slice(from, at + 40))}`;
}

/** What reached the backends is what was declared, and nothing else. */
export function verifyCalls(request: LabRequest, report: Report): void {
  const { method, tries = 1 } = request.route.shape;
  const isLoop = request.parts.some(({ name }) => name === REDIRECTS_TO_ITSELF);
  const whole = new Map<string, number>();
  for (const call of request.calls) {
    const where = `${call.role}: `;
    for (const fault of call.faults) report('I7', where + fault);
    if (call.method !== method) report('I7', `${where}method ${call.method}`);
    const [path = '', query = ''] = call.target.split('?');
    if (!isExpectedPath(path, call.role, request)) report('I7', `${where}target ${call.target}`);
    if (normalise(query) !== normalise(request.query.join('&')))
      report('I7', `${where}query ${query} instead of ${request.query.join('&')}`);
    verifyHeaders(call, request, isLoop, report);
    if (call.isWhole) whole.set(call.role, (whole.get(call.role) ?? 0) + 1);
    if (call.isWhole && !call.body.equals(request.body)) report('I7', `${where}the body differs from the client's`);
  }
  for (const [role, times] of whole) {
    if (method === 'POST' && times > 1) report('I6', `${role} got the ${method} ${times} times`);
    // One retry is right where an idle connection closed under the request, for each of ten redirects too.
    if (times > (isLoop ? 22 : 2) * tries) report('I6', `${role} was called ${times} times`);
  }
}

/** The token in the path, and behind it what the first backend of a chain said. */
function isExpectedPath(path: string, roleName: string, request: LabRequest): boolean {
  const [first] = request.parts;
  const isSecond = request.route.shape.roles.some(({ name, isSecond = false }) => name === roleName && isSecond);
  if (!isSecond || !first) return path === `/${roleName}/${request.token}`;
  return decodeURIComponent(path) === `/${roleName}/${request.token}-${memberOf(first, request, 'num')}`;
}

/** What belongs to one connection and never crosses the gateway. */
export const HOP_BY_HOP = new Set([
  'te',
  'trailer',
  'upgrade',
  'expect',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'http2-settings',
]);

/** Whether a header may reach the backends of a route. */
export function isLetThrough(name: string, { forwardsAll }: Shape): boolean {
  return CALL_HEADERS.has(name) || (forwardsAll === true && !HOP_BY_HOP.has(name));
}

function normalise(query: string): string {
  return query.replaceAll('+', '%20');
}

function verifyHeaders(call: Call, request: LabRequest, isLoop: boolean, report: Report): void {
  const seen = new Set<string>();
  for (const [name, value] of call.headers) {
    if (!isLetThrough(name, request.route.shape) && !(isLoop && name === 'referer'))
      report('I7', `${call.role}: the header ${name} was not declared`);
    if (seen.has(name)) report('I7', `${call.role}: the header ${name} came twice`);
    seen.add(name);
    if (name === 'x-lab-ok' && value !== request.labHeader) report('I1', `${call.role}: x-lab-ok of another request`);
    if (name === 'x-forwarded-for' && value !== '127.0.0.1') report('I7', `${call.role}: x-forwarded-for ${value}`);
    if (name === 'x-forwarded-host' && value !== 'gateway.example')
      report('I7', `${call.role}: x-forwarded-host ${value}`);
  }
  if (request.labHeader !== undefined && !seen.has('x-lab-ok')) report('I7', `${call.role}: x-lab-ok is missing`);
}
