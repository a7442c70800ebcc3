import { describe, expect, test } from 'vitest';
import { type Combiner, combiners } from '../../lib/endpoint/combiner.js';
import { createMerge } from '../../lib/endpoint/merge.js';
import type { Outcome } from '../../lib/endpoint/outcome.js';
import { BackendError, type EndpointError, GatewayError } from '../../lib/errors.js';
import type { Data, ProxyResponse } from '../../lib/proxy.js';
import { answerOf } from '../support/transport.js';

const merge = createMerge('GET /x', combiners.get('deep') as Combiner);
const REFUSED = new BackendError('ERR_BACKEND_CONNECTION', 'backend[0] refused');
const SLOW = new BackendError('ERR_BACKEND_TIMEOUT', 'backend[1] too slow');

function ok(data: ProxyResponse['data'], init: Partial<ProxyResponse> = {}): Outcome {
  return { response: answerOf(data, init) };
}

test('M02 puts the parts together in the order they are given', () => {
  const { data, isComplete } = merge([ok({ who: 'a', a: 1 }), ok({ who: 'b', b: 1 })]);
  expect(JSON.stringify(data)).toBe('{"who":"b","a":1,"b":1}');
  expect(isComplete).toBe(true);
});

test('a good answer has no errors member, so that static data can tell', () => {
  expect(merge([ok({}), ok({})])).not.toHaveProperty('errors');
});

describe('is incomplete', () => {
  test('when a part is', () => {
    expect(merge([ok({ a: 1 }), ok({ e: 1 }, { isComplete: false })])).toMatchObject({
      data: { a: 1, e: 1 },
      isComplete: false,
    });
  });

  test('when a part is JSON null, which adds nothing', () => {
    expect(merge([ok({ a: 1 }), ok(null)])).toMatchObject({ data: { a: 1 }, isComplete: false });
  });

  test('when a part brought errors of its own', () => {
    expect(merge([ok({ a: 1 }, { errors: [REFUSED] }), ok({})])).toMatchObject({
      isComplete: false,
      errors: [REFUSED],
    });
  });
});

describe('a part that had nothing to say', () => {
  const empty = ok({}, { isEmpty: true });

  test('adds nothing and takes nothing from completeness', () => {
    expect(merge([empty, ok({ a: 1 })])).toMatchObject({ data: { a: 1 }, isComplete: true });
    expect(merge([empty, ok({ a: 1 })])).not.toHaveProperty('isEmpty');
  });

  test('makes an answer without content when all had nothing to say', () => {
    expect(merge([empty, empty])).toMatchObject({ data: {}, isComplete: true, isEmpty: true });
  });

  test('is an answer, so that a failure beside it makes the whole partial', () => {
    expect(merge([empty, { error: REFUSED }])).toMatchObject({ data: {}, isComplete: false, errors: [REFUSED] });
  });
});

describe('M03 every mask of failures of up to five backends', () => {
  const masks = [1, 2, 3, 4, 5].flatMap((size) =>
    Array.from({ length: 2 ** size }, (_, bits) =>
      Array.from({ length: size }, (_, index) => ((bits >> index) & 1) === 1),
    ),
  );
  const failures = [0, 1, 2, 3, 4].map((index) => new BackendError('ERR_BACKEND_STATUS', `backend[${index}] failed`));

  test.each(masks.map((mask) => [mask.map((fails) => (fails ? '×' : '✓')).join(''), mask] as const))(
    '%s',
    (_name, mask) => {
      const outcomes = mask.map(
        (fails, index): Outcome =>
          fails ? { error: failures[index] as BackendError } : ok({ [`b${index}`]: index, last: index }),
      );
      const good = mask.flatMap((fails, index) => (fails ? [] : [index]));
      const bad = mask.flatMap((fails, index) => (fails ? [failures[index]] : []));
      if (good.length === 0) {
        expect(() => merge(outcomes)).toThrow(expect.objectContaining({ code: 'ERR_ENDPOINT_FAILED', causes: bad }));
        return;
      }
      const data: Record<string, number> = Object.fromEntries(good.map((index) => [`b${index}`, index]));
      data['last'] = good.at(-1) as number;
      const { data: merged, isComplete, errors = [] } = merge(outcomes);
      expect({ merged, isComplete, errors }).toEqual({ merged: data, isComplete: bad.length === 0, errors: bad });
    },
  );
});

describe('when every backend failed', () => {
  test('O01 for being overloaded, the endpoint is so too, as with one backend', () => {
    const full = (name: string) => ({ error: new BackendError('ERR_OVERLOADED', `${name} was not called`) });
    const caught = caughtFrom(() => merge([full('a'), full('b')]));
    expect(caught).toMatchObject({ code: 'ERR_OVERLOADED', status: 503 });
    expect(caughtFrom(() => merge([full('a'), { error: REFUSED }]))).toMatchObject({ code: 'ERR_ENDPOINT_FAILED' });
  });

  function failed(...errors: BackendError[]): EndpointError {
    try {
      merge(errors.map((error) => ({ error })));
    } catch (error) {
      return error as EndpointError;
    }
    throw new Error('nothing was thrown');
  }

  test('fails with all their messages, in declared order', () => {
    expect(failed(REFUSED, SLOW)).toMatchObject({
      code: 'ERR_ENDPOINT_FAILED',
      message: 'Every backend of GET /x failed:\nbackend[0] refused\nbackend[1] too slow',
      causes: [REFUSED, SLOW],
    });
  });

  test('has their status where they agree, else 502', () => {
    expect(failed(SLOW, SLOW).status).toBe(504);
    expect(failed(SLOW, REFUSED).status).toBe(502);
  });
});

describe('a combiner', () => {
  test('of somebody else is asked for every answer, whoever failed', () => {
    const envelope = createMerge('GET /x', (parts) => ({ parts }));
    expect(envelope([ok({ a: 1 }), ok({ b: 1 })]).data).toEqual({ parts: [{ a: 1 }, { b: 1 }] });
    expect(envelope([ok({ a: 1 }), { error: REFUSED }]).data).toEqual({ parts: [{ a: 1 }] });
    expect(envelope([ok({}, { isEmpty: true }), ok(null)]).data).toEqual({ parts: [] });
  });

  test.each([undefined, null, 'text', 7, [1], Promise.resolve({})])(
    'E03 that gives back %o fails the endpoint by name',
    (junk) => {
      const broken = createMerge('GET /x', () => junk as unknown as Data);
      expect(() => broken([ok({ a: 1 })])).toThrow(GatewayError);
      expect(() => broken([ok({ a: 1 })])).toThrow('The combiner of GET /x must give back an object');
    },
  );
});

test('headers are those that output_headers lets out, else none', () => {
  const outcomes = [ok({ a: 1 }, { metadata: { status: 201, headers: { 'x-a': '1' } } }), ok({})];
  expect(merge(outcomes).metadata).toEqual({ status: 200, headers: {} });
  const withHeaders = createMerge('GET /x', combiners.get('deep') as Combiner, (given) => ({
    count: String(given.length),
  }));
  expect(withHeaders(outcomes).metadata).toEqual({ status: 200, headers: { count: '2' } });
});

test('M01 leaves the parts as they were', () => {
  const parts = [{ o: { a: 1, list: [1] } }, { o: { b: 2, list: [2] } }];
  const before = structuredClone(parts);
  for (const name of combiners.keys()) {
    createMerge('GET /x', combiners.get(name) as Combiner)(parts.map((part) => ok(part)));
    expect(parts).toEqual(before);
  }
});

function caughtFrom(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
