import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type * as Library from '../../lib/index.js';

/** As an app has both when it imports the package and one of its dependencies requires it. */
const cjs: typeof Library = createRequire(import.meta.url)('../../dist/cjs/index.js');
const esm: typeof Library = await import('../../dist/esm/index.js' as string);

test('a class that a user derives knows its own instances only', () => {
  class OutOfStock extends esm.BackendError {}
  const own = new OutOfStock('ERR_BACKEND_STATUS', 'x');
  expect(own).toBeInstanceOf(OutOfStock);
  expect(own).toBeInstanceOf(cjs.BackendError);
  expect(new esm.BackendError('ERR_BACKEND_STATUS', 'x')).not.toBeInstanceOf(OutOfStock);
  for (const other of [undefined, null, 1, 'ERR_BACKEND_STATUS', {}, new Error('x')]) {
    expect(other instanceof esm.GatewayError).toBe(false);
  }
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.each([
  ['the CommonJS build', 'the ESM build', cjs, esm],
  ['the ESM build', 'the CommonJS build', esm, cjs],
])('what %s makes and %s meets', (_maker, _user, maker, user) => {
  test('errors are what they are', () => {
    expect(maker.BackendError).not.toBe(user.BackendError);
    const error = new maker.BackendError('ERR_BACKEND_STATUS', 'x');
    expect(error).toBeInstanceOf(user.BackendError);
    expect(error).toBeInstanceOf(user.GatewayError);
    expect(error).not.toBeInstanceOf(user.RequestError);
    expect(new maker.RequestError('ERR_REQUEST_PATH', 'x')).toBeInstanceOf(user.RequestError);
    expect(new maker.RequestError('ERR_REQUEST_PATH', 'x')).not.toBeInstanceOf(user.BackendError);
  });

  /** What a client gets of an endpoint whose functions the other build knows nothing of. */
  async function answerWith(functions: Record<string, unknown>): Promise<{ status: number; text: string }> {
    const backend = createServer((_request, response) => response.end('{}'));
    const host = [await listen(backend)];
    const extra_config = { 'modifier/js': Object.fromEntries(Object.keys(functions).map((name) => [name, name])) };
    const gateway = user.createGateway(
      { endpoints: [{ endpoint: '/a', extra_config, backend: [{ host, url_pattern: '/' }] }] },
      { functions: functions as never },
    );
    const server = createServer(gateway as never);
    const response = await fetch(`${await listen(server)}/a`);
    const text = await response.text();
    server.close();
    backend.close();
    await gateway.close();
    return { status: response.status, text };
  }

  test('an error that a function throws keeps its status', async () => {
    function request(): never {
      throw new maker.RequestError('ERR_REQUEST_PATH', 'There is no such thing.');
    }
    expect((await answerWith({ request })).status).toBe(400);
  });

  test('a number that a function gives back keeps its digits, also within what writes itself', async () => {
    const number = new maker.JsonNumber('12345678901234567890');
    expect(user.isJsonNumber(number)).toBe(true);
    expect(number).toBeInstanceOf(user.JsonNumber);
    expect(JSON.stringify({ number })).toBe('{"number":12345678901234567000}');
    const { text } = await answerWith({
      response: () => ({ data: { a: [number, { toJSON: () => ({ c: number }) }] } }),
    });
    expect(text).toBe('{"a":[12345678901234567890,{"c":12345678901234567890}]}');
  });
});
