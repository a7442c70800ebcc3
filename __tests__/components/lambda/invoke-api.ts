import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export const CREDENTIALS = { key: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

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
        isSigned: isSigned(request, body),
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

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** AWS Signature Version 4, worked out from the request as it arrived. */
function isSigned(request: IncomingMessage, body: Buffer): boolean {
  const [, key, scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    ) ?? [];
  const [date = '', region = '', service = ''] = scope.split('/');
  const path = (request.url ?? '').split('/').map(encodeURIComponent).join('/');
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const canonical = [request.method, path, '', headers.join(''), names, sha256(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const signing = [region, service, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${CREDENTIALS.secret}`, date));
  return key === CREDENTIALS.key && service === 'lambda' && hmac(signing, text).toString('hex') === signature;
}
