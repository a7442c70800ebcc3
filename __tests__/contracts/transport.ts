import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { BackendError, EndpointError } from '../../lib/errors.js';
import type { BackendRequest } from '../../lib/proxy.js';
import type { Transport } from '../../lib/transport/transport.js';

/** A request as the backend has got it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  /** Lower-case names; lines of one name joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the backend does: an answer, an answer cut in the middle, or nothing at all. */
export type Reply =
  | { readonly status: number; readonly headers: readonly (readonly [string, string])[]; readonly body: Buffer }
  | 'cut'
  | 'stall';

/** A transport with a backend behind it. */
export interface Bench {
  /** Made for requests with this value of `stream`. */
  transport(stream: boolean): Transport;
  /** Scheme, host and port that requests have to carry. */
  readonly origin: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** What every Transport promises, whatever it speaks to. */
export function describeTransport(name: string, open: (respond: (request: Received) => Reply) => Promise<Bench>): void {
  describe(`${name} as a transport`, () => {
    let bench: Bench | undefined;

    afterEach(async () => {
      await bench?.close();
      bench = undefined;
    });

    function request(url: string, parts: Partial<BackendRequest> = {}): BackendRequest {
      return Object.freeze({
        method: 'GET',
        path: '/',
        params: Object.freeze({}),
        query: Object.freeze([]),
        headers: Object.freeze(Object.create(null)),
        body: undefined,
        signal: new AbortController().signal,
        client: { ip: '127.0.0.1', headers: {} },
        url,
        stream: false,
        ...parts,
      });
    }

    function reply(body: string | Buffer, status = 200, headers: readonly (readonly [string, string])[] = []): Reply {
      return { status, headers, body: Buffer.from(body as string) };
    }

    async function bytesOf(body: Readable | Buffer): Promise<Buffer> {
      if (Buffer.isBuffer(body)) return body;
      const chunks: Buffer[] = [];
      for await (const chunk of body) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    }

    it.each([200, 201, 204, 400, 404, 418, 500, 503])('resolves with status %i', async (status) => {
      bench = await open(() => reply(status === 204 ? '' : 'text', status));
      const response = await bench.transport(false)(request(`${bench.origin}/x`));
      expect(response.status).toBe(status);
      expect((await bytesOf(response.body)).toString()).toBe(status === 204 ? '' : 'text');
    });

    it('hands headers on in lower case, repeated ones apart, in an object without a prototype', async () => {
      const lines = [
        ['Content-Type', 'text/plain'],
        ['X-Mixed-CASE', 'Value'],
        ['Set-Cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
        ['Set-Cookie', 'b=2'],
      ] as const;
      bench = await open(() => reply('text', 200, lines));
      const { headers } = await bench.transport(false)(request(`${bench.origin}/x`));
      expect(Object.getPrototypeOf(headers)).toBeNull();
      expect(headers).toMatchObject({
        'content-type': 'text/plain',
        'x-mixed-case': 'Value',
        'set-cookie': ['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2'],
      });
    });

    it('keeps one Set-Cookie in an array', async () => {
      bench = await open(() => reply('text', 200, [['Set-Cookie', 'a=1']]));
      const { headers } = await bench.transport(false)(request(`${bench.origin}/x`));
      expect(headers['set-cookie']).toEqual(['a=1']);
    });

    it.each([false, true])('hands every byte of a body on (stream: %s)', async (stream) => {
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 256));
      bench = await open(() => reply(bytes));
      const { body } = await bench.transport(stream)(request(`${bench.origin}/x`, { stream }));
      expect((await bytesOf(body)).equals(bytes)).toBe(true);
    });

    it('sends method, path, query, headers and body as they are', async () => {
      bench = await open(() => reply('text'));
      const headers = Object.assign(Object.create(null), { 'x-a': 'b', 'content-type': 'application/json' });
      const body = Buffer.from('{"a":"\u00e9"}');
      await bench.transport(false)(request(`${bench.origin}/a%2Fb/c?d=e%20f&d=g`, { method: 'POST', headers, body }));
      const [got] = bench.received;
      expect(got).toMatchObject({ method: 'POST', path: '/a%2Fb/c?d=e%20f&d=g', headers: { 'x-a': 'b' } });
      expect(got?.headers['content-type']).toBe('application/json');
      expect(got?.body.equals(body)).toBe(true);
    });

    it('adds no header that asks for or promises something', async () => {
      bench = await open(() => reply('text'));
      const send = bench.transport(true);
      await send(request(`${bench.origin}/x`, { stream: true }));
      await send(request(`${bench.origin}/x`, { stream: true, method: 'POST', body: Buffer.from('x') }));
      for (const { headers } of bench.received) {
        for (const name of ['accept', 'accept-encoding', 'content-type', 'authorization', 'cookie', 'referer']) {
          expect(headers).not.toHaveProperty(name);
        }
      }
    });

    it('sends a body that is a stream', async () => {
      bench = await open(({ body }) => reply(body));
      const body = Readable.from([Buffer.from('a'), Buffer.from('b')]);
      const response = await bench.transport(false)(request(`${bench.origin}/x`, { method: 'PUT', body }));
      expect((await bytesOf(response.body)).toString()).toBe('ab');
    });

    it('mixes up nothing', async () => {
      bench = await open(({ path }) => reply(path));
      const send = bench.transport(false);
      const { origin } = bench;
      const paths = Array.from({ length: 100 }, (_, n) => `/${n}`);
      const responses = await Promise.all(paths.map((path) => send(request(origin + path))));
      const texts = await Promise.all(responses.map(async ({ body }) => (await bytesOf(body)).toString()));
      expect(texts).toEqual(paths);
    });

    it('rejects with an error that names no host when there is no whole answer', async () => {
      bench = await open(() => 'cut');
      const error = await bench
        .transport(false)(request(`${bench.origin}/x`))
        .catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(BackendError);
      expect((error as BackendError).code).toMatch(/^ERR_BACKEND_/);
      expect(JSON.stringify(error) + String(error)).not.toContain(new URL(bench.origin).host);
    });

    it('T02 settles at once when it is aborted, with the reason it is given', async () => {
      bench = await open(() => 'stall');
      const controller = new AbortController();
      const reason = new EndpointError('ERR_ENDPOINT_TIMEOUT', 'The time is up');
      const call = bench.transport(false)(request(`${bench.origin}/x`, { signal: controller.signal }));
      setTimeout(() => controller.abort(reason), 20);
      await expect(call).rejects.toBe(reason);
    });

    it('T02 sends nothing when it is aborted already', async () => {
      bench = await open(() => reply('text'));
      const call = bench.transport(false)(request(`${bench.origin}/x`, { signal: AbortSignal.abort() }));
      await expect(call).rejects.toMatchObject({ code: 'ERR_BACKEND_CANCELLED' });
      expect(bench.received).toHaveLength(0);
    });
  });
}
