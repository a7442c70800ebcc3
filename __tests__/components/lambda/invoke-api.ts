import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isSigned } from '../../support/aws-signature.js';

export interface Invoked {
  readonly name: string;
  readonly type: string | undefined;
  readonly body: string;
  readonly isSigned: boolean;
}
export interface InvokeReply {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** The Invoke API of Lambda on a loopback port: checks the signature of each call, as AWS does. */
export async function startInvokeApi(reply: (call: Invoked) => InvokeReply | Promise<InvokeReply>) {
  const calls: Invoked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks);
      const [, name = ''] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? [];
      const call = {
        name: decodeURIComponent(name),
        type: request.headers['x-amz-invocation-type']?.toString(),
        body: body.toString(),
        isSigned: isSigned(request, body, 'lambda'),
      };
      calls.push(call);
      const answer = call.isSigned
        ? await reply(call)
        : { status: 403, headers: { 'x-amzn-errortype': 'InvalidSignatureException' }, body: '{}' };
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body ?? '{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
