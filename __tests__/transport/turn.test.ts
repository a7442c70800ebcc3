import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../lib/transport/connection.js';
import { createStatusLine } from '../../lib/transport/status-line.js';
import type { BackendResponse } from '../../lib/transport/transport.js';
import { Turn, type TurnOwner } from '../../lib/transport/turn.js';

/** A call that only notes what it is told, and a connection without a socket. */
function setUp(changes: Partial<TurnOwner> = {}, exchanges = 0) {
  const told: string[] = [];
  const answers: BackendResponse[] = [];
  let isOver = false;
  const owner: TurnOwner = {
    name: 'backend[0] GET /x',
    method: 'GET',
    path: '/x',
    headers: ['accept', '*/*'],
    body: undefined,
    stream: false,
    maxBody: 10,
    held: undefined,
    get isOver() {
      return isOver;
    },
    headArrived: () => told.push('head'),
    answer: (response) => answers.push(response),
    settle() {
      isOver = true;
      told.push('settled');
    },
    fail(error) {
      isOver = true;
      told.push((error as Error & { code?: string }).code ?? error.message);
      turn.end(error);
      return false;
    },
    retry: () => told.push('retry') > 0,
    release: () => told.push('released'),
    discard: () => told.push('discarded'),
    strike: () => told.push('struck'),
    ...changes,
  };
  const dispatched = vi.fn<(options: Dispatcher.DispatchOptions, handler: unknown) => boolean>();
  const connection = {
    client: { dispatch: dispatched },
    servername: undefined,
    isReusable: true,
    socket: undefined,
    exchanges,
    readLimit: Infinity,
    isExpecting: false,
    statusLine: createStatusLine(),
    place: undefined,
    idleSince: 0,
  } as unknown as Connection;
  const turn = new Turn(owner, connection);
  return { turn, told, answers, connection, dispatched };
}

const abort = () => {};
const resume = () => {};
const GONE = Object.assign(new Error('gone'), { code: 'ECONNRESET' });

function head(...lines: readonly string[]): Buffer[] {
  return lines.map((line) => Buffer.from(line));
}

/** What is done behind an answer waits for the parser. */
function parsed(): Promise<void> {
  return new Promise(queueMicrotask);
}

it('hands undici the request, with itself as the handler, and nothing to be found on a prototype', () => {
  const { turn, dispatched } = setUp({ method: 'HEAD' });
  turn.start();
  const [[options, handler] = []] = dispatched.mock.calls;
  expect(options).toMatchObject({ path: '/x', method: 'HEAD', headers: ['accept', '*/*'], body: null, reset: false });
  for (const name of ['origin', 'query', 'upgrade', 'blocking']) expect(options).toHaveProperty(name, undefined);
  expect(handler).toBe(turn);
  expect(Object.hasOwn(turn, 'onRequestStart')).toBe(true);
});

it('answers when all is there, and frees the connection first', async () => {
  const { turn, told, answers, connection } = setUp();
  turn.onConnect(abort);
  expect(connection.isExpecting).toBe(true);
  turn.onResponseStarted();
  expect(turn.onHeaders(200, head('content-length', '4'), resume)).toBe(true);
  expect(turn.onData(Buffer.from('ab')) && turn.onData(Buffer.from('cd'))).toBe(true);
  turn.onComplete();
  expect(answers).toEqual([]);
  await parsed();
  expect(told).toEqual(['head', 'settled', 'released']);
  expect(answers).toMatchObject([{ status: 200, body: Buffer.from('abcd') }]);
});

it('hands a stream on with the head, and a reader that leaves ends the exchange', async () => {
  const { turn, told, answers } = setUp({ stream: true });
  turn.onHeaders(200, head('content-length', '4'), resume);
  const { body } = answers[0] as BackendResponse;
  expect(body).toBeInstanceOf(Readable);
  (body as Readable).destroy();
  expect(told).toEqual(['head', 'settled', 'discarded']);
  expect(turn.onData(Buffer.from('ab'))).toBe(false);
});

it('breaks the stream where the exchange fails', async () => {
  const { turn, answers } = setUp({ stream: true });
  turn.onHeaders(200, head('content-length', '4'), resume);
  turn.onError(GONE);
  const { body } = answers[0] as BackendResponse;
  expect((body as Readable).errored).toMatchObject({ code: 'ERR_BACKEND_CONNECTION' });
});

it('writes nothing for a call that is over', () => {
  const { turn, told, connection } = setUp({ isOver: true });
  const onAbort = vi.fn();
  turn.onConnect(onAbort);
  expect(onAbort).toHaveBeenCalledOnce();
  expect(connection.isExpecting).toBe(false);
  turn.onError(GONE);
  turn.onComplete();
  expect(told).toEqual([]);
});

describe('a connection that is gone', () => {
  it('was stale where it had served before and nothing has come', () => {
    const { turn, told } = setUp({}, 1);
    turn.onConnect(abort);
    turn.onError(GONE);
    expect(told).toEqual(['retry']);
  });

  it.each<[string, number, boolean]>([
    ['is new', 0, false],
    ['has begun to answer', 1, true],
  ])('fails the call where it %s', (_title, exchanges, isStarted) => {
    const { turn, told } = setUp({}, exchanges);
    turn.onConnect(abort);
    if (isStarted) turn.onResponseStarted();
    turn.onError(GONE);
    expect(told).toEqual(['ERR_BACKEND_CONNECTION', 'discarded']);
  });

  it('fails the call that must not be sent again', () => {
    const { turn, told } = setUp({ retry: () => false }, 1);
    turn.onConnect(abort);
    turn.onError(GONE);
    expect(told).toEqual(['ERR_BACKEND_CONNECTION', 'discarded']);
  });
});

describe('fails', () => {
  it.each<[string, readonly string[], string]>([
    ['an announced body that is too large', ['content-length', '11'], 'ERR_BACKEND_SIZE'],
    ['two lengths', ['content-length', '1', 'content-length', '2'], 'ERR_BACKEND_PROTOCOL'],
  ])('%s', (_title, lines, code) => {
    const { turn, told } = setUp();
    expect(turn.onHeaders(200, head(...lines), resume)).toBe(false);
    expect(told).toEqual(['head', code, 'discarded']);
  });

  it('a body that turns out too large', () => {
    const { turn, told } = setUp();
    turn.onHeaders(200, head('transfer-encoding', 'chunked'), resume);
    expect(turn.onData(Buffer.alloc(6))).toBe(true);
    expect(turn.onData(Buffer.alloc(5))).toBe(false);
    expect(told).toEqual(['head', 'ERR_BACKEND_SIZE', 'discarded']);
  });

  it('a body there is no room for, and gives back what it held', () => {
    const held = { budget: { limit: 8, used: 0 }, bytes: 0, isReleased: false };
    const { turn, told } = setUp({ held });
    turn.onHeaders(200, head('transfer-encoding', 'chunked'), resume);
    expect(turn.onData(Buffer.alloc(6))).toBe(true);
    expect(turn.onData(Buffer.alloc(3))).toBe(false);
    expect(told).toEqual(['head', 'ERR_OVERLOADED', 'discarded']);
    expect(held.budget.used).toBe(0);
  });

  it('interim answers without end, and a change of protocol', () => {
    const endless = setUp();
    for (let count = 0; count < 20; count++) expect(endless.turn.onHeaders(103, [], resume)).toBe(true);
    expect(endless.turn.onHeaders(103, [], resume)).toBe(false);
    expect(endless.told).toEqual(['ERR_BACKEND_PROTOCOL', 'discarded']);
    const changing = setUp();
    expect(changing.turn.onHeaders(101, [], resume)).toBe(false);
    expect(changing.told).toEqual(['ERR_BACKEND_PROTOCOL', 'discarded']);
  });

  it('an answer with bytes behind its end, which is held against the origin', async () => {
    const { turn, told, connection } = setUp();
    turn.onHeaders(200, head('content-length', '0'), resume);
    connection.socket = { errored: new Error('bytes') } as never;
    turn.onComplete();
    await parsed();
    expect(told).toEqual(['head', 'struck', 'ERR_BACKEND_PROTOCOL', 'discarded']);
  });
});
