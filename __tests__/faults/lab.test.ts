import { describe, expect, test } from 'vitest';
import type { Result } from './client.js';
import type { Call } from './fault-backend.js';
import { printXml, xmlDocument } from './formats.js';
import { createResponseReader, type RawResponse } from './http-response.js';
import { createLagMeter, createStalls } from './lag.js';
import { expectedAnswers, payloadOf } from './oracle.js';
import { plans } from './plans.js';
import { createRandom } from './random.js';
import { isMissed } from './settle.js';
import { LAB, type Route, shapes } from './shapes.js';
import { createSchedule, isPlayable, type LabRequest, type Turn } from './turn.js';
import { type Violation, verifyCalls, verifyTurn } from './verify.js';

const routes: Route[] = shapes.map((shape) => ({
  path: shape.name,
  shape,
  origins: shape.roles.map(() => 'http://127.0.0.1:80'),
}));
const options = {
  seed: 42,
  routes: { healthy: routes, faulty: [] },
  only: [],
  canary: 'canary00',
  prefix: '',
};
const schedule = createSchedule(options);

function pickTurn(fits: (turn: Turn) => boolean): Turn {
  for (let number = 0; number < 20_000; number++) {
    const turn = schedule(number);
    if (fits(turn)) return turn;
  }
  throw new Error('no such turn');
}

const isHealthy = ({ parts }: LabRequest): boolean => parts.every(({ expected }) => expected.outcomes.join() === 'ok');
const healthyMerge = pickTurn(
  (turn) => turn.behaviour === 'normal' && turn.requests[0]?.route.path === 'merge3' && isHealthy(turn.requests[0]),
);

function answer(status: number, isComplete: boolean, body: string): RawResponse {
  const bytes = Buffer.from(body);
  return {
    status,
    headers: [
      ['x-krakend-completed', String(isComplete)],
      ['content-type', 'application/json; charset=utf-8'],
    ],
    body: bytes,
    framing: 'length',
  };
}

function resultOf(response: RawResponse, took = 5): Result {
  return {
    ending: 'answered',
    responses: [{ response, at: took }],
    fragment: { status: undefined, bytes: 0 },
    startedAt: 0,
    endedAt: took,
    received: response.body,
  };
}

function judge(turn: Turn, result: Result): string[] {
  return verifyTurn(turn, result, (text) => text.includes('canary00')).violations.map(({ invariant }) => invariant);
}

describe('the schedule', () => {
  test('gives the same turn for the same seed and number, another for another', () => {
    const again = createSchedule(options);
    expect(again(7).requests[0]?.bytes).toEqual(schedule(7).requests[0]?.bytes);
    expect(createSchedule({ ...options, seed: 43 })(7).requests[0]?.bytes).not.toEqual(schedule(7).requests[0]?.bytes);
  });

  test('comes to play every plan', () => {
    const played = new Set<string>();
    for (let number = 0; number < 20_000; number++) {
      for (const { parts } of schedule(number).requests) for (const { id, name } of parts) played.add(`${id} ${name}`);
    }
    expect(plans.filter(({ id, name }) => !played.has(`${id} ${name}`))).toEqual([]);
  });

  test('keeps to the faults asked for', () => {
    const only = createSchedule({ ...options, only: ['Z13'] });
    const ids = new Set(
      Array.from({ length: 300 }, (_, n) => only(n)).flatMap(({ requests }) =>
        requests.flatMap(({ parts }) => parts.map(({ id }) => id)),
      ),
    );
    expect([...ids].sort()).toEqual(['Z01', 'Z02', 'Z03', 'Z04', 'Z06', 'Z13', 'Z48', 'Z51']);
  });
});

describe('every plan', () => {
  const context = {
    body: Buffer.from('{"a":1}'),
    contentType: 'application/json',
    role: 'b0',
    status: 200,
    timeout: LAB.timeout,
    cap: LAB.cap,
    elsewhere: 'http://127.0.0.1:80',
    target: '/b0/x',
    attempt: 1,
  };

  test.each(plans.map((plan) => [`${plan.id} ${plan.name}`, plan] as const))(
    '%s can be played somewhere',
    (_name, plan) => {
      expect(plan.steps({ ...context, random: createRandom(1) }).length).toBeGreaterThan(0);
      expect(
        shapes.some((shape) => shape.roles.some((role) => isPlayable(plan, role, { path: '', shape, origins: [] }))),
      ).toBe(true);
    },
  );

  test('that is plain and healthy sends what a strict reader reads', () => {
    const healthy = plans.filter(({ id }) => ['Z01', 'Z04', 'Z48', 'Z51'].includes(id));
    for (const plan of healthy) {
      const [step] = plan.steps({ ...context, random: createRandom(1) });
      const reader = createResponseReader();
      reader.expect('GET');
      expect(step && 'send' in step && reader.push(step.send)).toHaveLength(1);
    }
  });
});

describe('the oracle', () => {
  const [request] = healthyMerge.requests as [LabRequest];
  const [expected] = expectedAnswers(request);

  test('knows one answer to a healthy request, numbers by their text', () => {
    expect(expectedAnswers(request)).toHaveLength(1);
    expect(expected?.status).toBe(200);
    expect(expected?.text).toContain('"big":9007199254740993');
    expect(expected?.text).not.toContain('__proto__');
  });

  test('lets later backends win, and nothing mix', () => {
    const last = JSON.parse(expected?.text ?? '') as {
      be: string;
      shared: Record<string, unknown>;
      first: { be: string };
    };
    expect(last.be).toBe('b2');
    expect(last.first.be).toBe('b0');
    expect(last.shared).toMatchObject({
      who: 'b2',
      of_b1: expect.any(Number),
      of_b2: expect.any(Number),
      both: [expect.any(Number), 'b2'],
    });
  });
});

describe('the verdict', () => {
  const [request] = healthyMerge.requests as [LabRequest];
  const [right] = expectedAnswers(request);
  const text = right?.text ?? '';

  test('is silent on the right answer', () => {
    expect(judge(healthyMerge, resultOf(answer(200, true, text)))).toEqual([]);
  });

  test.each([
    ['G1 one changed digit', answer(200, true, text.replace('9007199254740993', '9007199254740992'))],
    ['G1 a missing part that is called complete', answer(200, true, '{}')],
    ['G1 a whole answer that is called incomplete', answer(200, false, text)],
    ['G1 an early partial answer', answer(200, false, '{}')],
    ['G1 another order', answer(200, true, text.replace('"be":"b2"', '"be":"b1"'))],
    ['an error where all is well', answer(500, false, '')],
  ])('names %s', (_name, response) => {
    expect(judge(healthyMerge, resultOf(response))).toEqual(['I2']);
  });

  test('names a token of another request', () => {
    const stranger = text.replace(request.token, 'Q9x0-0123456789ab');
    expect(judge(healthyMerge, resultOf(answer(200, true, stranger)))).toEqual(['I1', 'I2']);
  });

  test('names a canary, an undeclared header and a missing marker', () => {
    const response = answer(200, true, text);
    expect(judge(healthyMerge, { ...resultOf(response), received: Buffer.from('canary00') })).toEqual(['I8']);
    expect(judge(healthyMerge, resultOf({ ...response, headers: [...response.headers, ['x-be-role', 'b0']] }))).toEqual(
      ['I7'],
    );
    expect(judge(healthyMerge, resultOf({ ...response, headers: response.headers.slice(1) }))).toContain('I2');
  });

  test('names silence, a close and a malformed answer', () => {
    const nothing = { ...resultOf(answer(200, true, text)), responses: [] };
    expect(judge(healthyMerge, { ...nothing, ending: 'hung' })).toEqual(['I3']);
    expect(judge(healthyMerge, { ...nothing, ending: 'closed' })).toEqual(['I3']);
    expect(judge(healthyMerge, { ...nothing, ending: 'malformed', reason: 'x' })).toEqual(['I3']);
  });

  test('T01 names a failure by time that comes too early, and takes it in time', () => {
    const turn = pickTurn(
      ({ behaviour, requests: [one] }) =>
        behaviour === 'normal' && one?.route.path === 'single' && one.parts[0]?.id === 'Z35',
    );
    expect(judge(turn, resultOf(answer(500, false, ''), 100))).toEqual(['I4']);
    expect(judge(turn, resultOf(answer(500, false, ''), 305))).toEqual([]);
  });

  test('F03 names a cut stream that comes to a clean end', () => {
    const turn = pickTurn(
      ({ behaviour, requests: [one] }) =>
        behaviour === 'normal' && one?.route.path === 'stream-get' && one.parts[0]?.id === 'Z13',
    );
    const [one] = turn.requests as [LabRequest];
    const payload = payloadOf(one.parts[0]!, one, one.token, one.body);
    const clean = { ...answer(200, false, ''), body: payload.subarray(0, payload.length >> 1) };
    expect(judge(turn, resultOf(clean))).toEqual(['I2']);
    expect(judge(turn, { ...resultOf(clean), responses: [], ending: 'closed' })).toEqual([]);
  });
});

describe('what the machine takes for itself', () => {
  const error = answer(500, false, '');

  test('an error shortly before the deadline is told by the clock, one at once is certain', () => {
    const findings = (took: number): (number | undefined)[] =>
      verifyTurn(healthyMerge, resultOf(error, took), () => false).violations.map(({ excess }) => excess);
    expect(findings(LAB.mergeTimeout - 30)).toEqual([20]);
    expect(findings(20)).toEqual([undefined]);
    expect(findings(LAB.mergeTimeout)).toEqual([]);
  });

  test('stalls are weighed by how many moments meet them', () => {
    const stalls = createStalls();
    for (let times = 0; times < 10; times++) stalls.add(100);
    expect(stalls.wait(500)).toBe(50);
    expect(stalls.wait(2000)).toBe(0);
  });

  test('I5 a late answer counts only where its parts were there in time', () => {
    const [request] = healthyMerge.requests as [LabRequest];
    const lag = { ...createLagMeter(), allowance: () => 0 };
    lag.stop();
    const callsAt = (doneAt: number): Turn => ({
      ...healthyMerge,
      requests: [
        {
          ...request,
          calls: request.parts.map(({ role }) => ({ role: role.name, at: 5, doneAt }) as Call),
        },
      ],
    });
    const late = resultOf(answer(200, false, '{}'), LAB.mergeTimeout);
    expect(isMissed(callsAt(20), late, lag)).toBe(true);
    expect(isMissed(callsAt(LAB.mergeTimeout - 10), late, lag)).toBe(false);
  });
});

describe('formats of which the oracle reads nothing', () => {
  const context = { token: 'Q1x0-0123456789ab', role: 'e1', request: Buffer.alloc(0), isOdd: false };

  test('a document says in XML what its canonical form says', () => {
    const { text, node } = xmlDocument({ ...context, random: createRandom(3) });
    expect(text).toContain(context.token);
    expect(printXml(node)).toMatch(
      /^<page l="urn:lab" n="[^"]+"><tok>Q1x0-0123456789ab<\/tok><be>e1<\/be><item id="000">/,
    );
  });

  test('no part of a text passes for the whole, and half of a YAML document neither', () => {
    const route = (name: string): Route => routes.find(({ path }) => path === name) as Route;
    const short = plans.find(({ name }) => name === 'length shorter than the body');
    for (const name of ['text', 'yaml', 'stream-get']) {
      expect(short && isPlayable(short, { name: 'x' }, route(name))).toBe(false);
    }
    expect(short && isPlayable(short, { name: 'x' }, route('xml'))).toBe(true);
  });
});

describe('the journal check', () => {
  const turn = pickTurn(
    ({ behaviour, requests: [one] }) => behaviour === 'normal' && one?.route.path === 'post2' && isHealthy(one),
  );
  const [request] = turn.requests as [LabRequest];
  const good: Call = {
    role: 'p1',
    method: 'POST',
    target: `/p1/${request.token}${request.query.length > 0 ? `?${request.query.join('&')}` : ''}`,
    rawHead: '',
    headers: [
      ['host', 'h'],
      ['x-forwarded-for', '127.0.0.1'],
      ...(request.labHeader === undefined ? [] : [['x-lab-ok', request.labHeader] as const]),
    ],
    body: request.body,
    isWhole: true,
    at: 0,
    doneAt: 0,
    closedAt: undefined,
    closedBy: undefined,
    faults: [],
    remotePort: 1,
    sentBefore: 0,
  };

  function check(...calls: Call[]): string[] {
    const violations: Violation[] = [];
    verifyCalls({ ...request, calls }, (invariant, message) => violations.push({ invariant, message }));
    return violations.map(({ invariant }) => invariant);
  }

  test('is silent on what was declared', () => {
    expect(check(good)).toEqual([]);
  });

  test('R01 names a POST that came twice', () => {
    expect(check(good, good)).toEqual(['I6']);
    expect(check(good, { ...good, isWhole: false })).toEqual([]);
  });

  test.each<[string, Partial<Call>]>([
    ['U01 another path', { target: good.target.replace('/p1/', '/p1/../admin/') }],
    ['an undeclared query key', { target: `${good.target}${good.target.includes('?') ? '&' : '?'}secret=1` }],
    ['H01 a hop-by-hop header', { headers: [...good.headers, ['te', 'trailers']] }],
    ['an undeclared header', { headers: [...good.headers, ['cookie', 'a']] }],
    [
      'H02 a forged client address',
      {
        headers: good.headers.map(([name, value]) => (name === 'x-forwarded-for' ? [name, '6.6.6.6'] : [name, value])),
      },
    ],
    ['another body', { body: Buffer.from('other') }],
    ['another method', { method: 'GET' }],
    ['broken framing', { faults: ['content-length repeated'] }],
  ])('G10 names %s', (_name, change) => {
    expect(check({ ...good, ...change })).toEqual(['I7']);
  });
});
