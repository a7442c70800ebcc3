import { createServer, IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { type AddressInfo, connect, Socket } from 'node:net';

/** A bare `node:http` server on a free port of the loopback, and raw sockets to it. */
export interface Wire {
  readonly port: number;
  readonly server: Server;
  /** Sends bytes as they are and resolves with everything that comes back until the server closes the connection. */
  send(...parts: string[]): Promise<string>;
  /** An open socket that collects what it receives. */
  open(): Promise<Client>;
  close(): Promise<void>;
}

export interface Client {
  readonly socket: Socket;
  received(): string;
  /** Resolves once what was received matches. */
  until(pattern: RegExp): Promise<string>;
  readonly closed: Promise<string>;
}

export async function serve(listener: RequestListener, options: ServerOptions = {}): Promise<Wire> {
  const server = createServer(options, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  async function open(): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let check = () => {};
    socket.on('data', (data) => {
      text += data.toString('latin1');
      check();
    });
    socket.on('error', () => {});
    const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(text)));
    await new Promise((resolve) => socket.on('connect', resolve));
    return {
      socket,
      closed,
      received: () => text,
      until: (pattern) =>
        new Promise((resolve, reject) => {
          check = () => {
            if (pattern.test(text)) resolve(text);
          };
          socket.on('close', () => reject(new Error(`closed before ${pattern} after: ${text}`)));
          check();
        }),
    };
  }

  return {
    port,
    server,
    open,
    async send(...parts) {
      const client = await open();
      for (const part of parts) client.socket.write(part, 'latin1');
      return client.closed;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A request without a wire: `lines` are raw header lines, parsed the way Node does. */
export function fakeRequest(
  url: string,
  lines: readonly (readonly [string, string])[] = [],
  method = 'GET',
): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  const rawHeaders = lines.flat();
  Object.assign(request, { url, method, httpVersionMajor: 1, httpVersionMinor: 1, rawHeaders });
  // What Node's own parser calls once the head is complete.
  (request as unknown as { _addHeaderLines(headers: string[], count: number): void })._addHeaderLines(
    rawHeaders,
    rawHeaders.length,
  );
  return request;
}

/** The status, the headers by lower-case name, and the body of a raw answer. */
export function parseAnswer(text: string): { status: number; headers: Record<string, string[]>; body: string } {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()];
  }
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) };
}
