import { expect, test } from 'vitest';
import type { BackendConfig } from '../../lib/config/resolved.js';
import { EndpointError } from '../../lib/errors.js';
import type { BackendRequest, ProxyResponse } from '../../lib/proxy.js';
import { createTracer } from '../../lib/testing/trace.js';

function backend(index: number): BackendConfig {
  return { at: `endpoints[0].backend[${index}]`, name: `backend[${index}] GET /` } as BackendConfig;
}

function requestWith(headers: object): BackendRequest {
  return { client: { ip: '', headers } } as unknown as BackendRequest;
}

const ANSWER: ProxyResponse = { data: { a: 1 }, isComplete: true, metadata: { status: 200, headers: {} } };
const CALL = { method: 'GET', url: 'http://h/', headers: {}, body: '' };

test('lists backends in declared order, however many there are', async () => {
  const tracer = createTracer();
  const headers = {};
  const trace = tracer.start(headers);
  for (const index of [10, 2, 0]) await tracer.tap(backend(index))(async () => ANSWER)(requestWith(headers));
  expect(trace.backends().map(({ at }) => at)).toEqual([
    'endpoints[0].backend[0]',
    'endpoints[0].backend[2]',
    'endpoints[0].backend[10]',
  ]);
});

test('tells requests apart by the headers object they carry', async () => {
  const tracer = createTracer();
  const [one, other] = [{}, {}];
  const [first, second] = [tracer.start(one), tracer.start(other)];
  const send = tracer.tap(backend(0))(async (request) => {
    tracer.recordCall('backend[0] GET /', request as BackendRequest, CALL);
    return ANSWER;
  });
  await send(requestWith(one));
  expect(first.backends()).toEqual([
    { at: 'endpoints[0].backend[0]', name: 'backend[0] GET /', calls: [CALL], contributed: { a: 1 } },
  ]);
  expect(second.backends()).toEqual([]);
});

test('passes failures through and names those that the deadline of the endpoint made', async () => {
  const tracer = createTracer();
  const headers = {};
  const trace = tracer.start(headers);
  const expired = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'GET /x did not answer within 10 ms');
  const send = tracer.tap(backend(0))(() => Promise.reject(expired));
  await expect(send(requestWith(headers))).rejects.toBe(expired);
  expect(trace.backends()[0]?.error).toEqual({
    code: 'ERR_BACKEND_TIMEOUT',
    message: 'backend[0] GET / did not answer in time',
  });
});

test('leaves requests alone that it was not told of', async () => {
  const tracer = createTracer();
  expect(await tracer.tap(backend(0))(async () => ANSWER)(requestWith({}))).toBe(ANSWER);
  expect(() => tracer.recordCall('x', requestWith({}), CALL)).not.toThrow();
  expect(() => tracer.recordTrouble(requestWith({}), { unstubbed: 'x' })).not.toThrow();
});
