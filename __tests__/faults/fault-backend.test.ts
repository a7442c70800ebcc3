import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Call, createFaultBackend, type FaultBackend, type Script, type Step } from './fault-backend.js';

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serve(
  steps: readonly Step[],
  on: Script['on'] = 'body',
): Promise<{ backend: FaultBackend; calls: Call[] }> {
  const calls: Call[] = [];
  const backend = await createFaultBackend({
    role: 'b0',
    onCall(call) {
      calls.push(call);
      return { on, steps: () => steps };
    },
  });
  open.push(backend);
  return { backend, calls };
}

function dial(port: number): { socket: Socket; bytes(): string } {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  open.push({ close: () => socket.destroy() });
  return { socket, bytes: () => text };
}

describe('createFaultBackend', () => {
  test('answers requests on one connection one after the other and writes them down', async () => {
    const { backend, calls } = await serve([{ send: Buffer.from('HTTP/1.1 204 No Content\r\n\r\n') }]);
    const { socket, bytes } = dial(backend.port);
    socket.write(
      'GET /a?b=1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n',
    );
    await expect.poll(() => bytes().match(/204/g)?.length).toBe(2);
    expect(
      calls.map(({ method, target, body, isWhole, faults }) => [method, target, body.toString(), isWhole, faults]),
    ).toEqual([
      ['GET', '/a?b=1', '', true, []],
      ['POST', '/b', 'hello', true, []],
    ]);
    expect(calls[1]?.sentBefore).toBe(calls[0] ? 'HTTP/1.1 204 No Content\r\n\r\n'.length : -1);
  });

  test('knows who hung up', async () => {
    const stalled = await serve([{ stall: true }]);
    const one = dial(stalled.backend.port);
    one.socket.write('GET /a HTTP/1.1\r\n\r\n');
    await expect.poll(() => stalled.calls.length).toBe(1);
    one.socket.destroy();
    await expect.poll(() => stalled.calls[0]?.closedBy).toBe('gateway');

    const reset = await serve([{ send: Buffer.from('HTTP/1.1 2') }, { wait: 1 }, { rst: true }]);
    const two = dial(reset.backend.port);
    two.socket.write('GET /a HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => two.socket.once('close', resolve));
    expect(reset.calls[0]?.closedBy).toBe('backend');
  });

  test('notes what a sound gateway would never send', async () => {
    const { backend, calls } = await serve([{ send: Buffer.from('HTTP/1.1 204 No Content\r\n\r\n') }, { fin: true }]);
    const { socket } = dial(backend.port);
    socket.write('GET /a\x01 HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\nX: \x02\r\n\r\n0\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(calls[0]?.faults).toEqual([
      'malformed target',
      'control byte in a header',
      'length and transfer-encoding at once',
    ]);
  });

  test('starts at the head where the script says so', async () => {
    const { backend, calls } = await serve([{ send: Buffer.from('HTTP/1.1 204 No Content\r\n\r\n') }], 'head');
    const { socket, bytes } = dial(backend.port);
    socket.write('POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe');
    await expect.poll(() => bytes()).toContain('204');
    expect(calls[0]?.isWhole).toBe(false);
    socket.write('llo');
    await expect.poll(() => calls[0]?.body.toString()).toBe('hello');
  });

  test('drips and repeats', async () => {
    const { backend } = await serve([
      { drip: Buffer.from('abcde'), size: 2, every: 1 },
      { repeat: Buffer.from('-'), every: 1, max: 3 },
      { fin: true },
    ]);
    const { socket, bytes } = dial(backend.port);
    socket.write('GET /a HTTP/1.1\r\n\r\n');
    await once(socket, 'end');
    expect(bytes()).toBe('abcde---');
  });
});
