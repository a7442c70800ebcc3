import { z } from 'zod';
import type { EndpointConfig } from '../../config/resolved.js';
import { lazyPeer } from '../../core/peer.js';
import { ConfigError, RequestError } from '../../errors.js';
import type { ProxyRequest } from '../../proxy.js';
import { type AwsClient, findAccess } from '../brokers/aws/aws.js';
import { type BackendScope, defineComponent, type Fault } from '../component.js';
import { type BufferedRequest, callWithoutHttp } from '../non-http-backend.js';
import { findParam, lowerFirst } from '../path-param.js';
import { thrownFaults } from '../thrown-faults.js';
import { type LambdaClient, toError, toResponse } from './invoke.js';

const peer = lazyPeer('@aws-sdk/client-lambda', '"backend/lambda"', () => import('@aws-sdk/client-lambda'));

/** What Lambda takes in one synchronous invocation. */
const LARGEST_PAYLOAD = 6 * 2 ** 20;
/** A name and nothing else: with an ARN, a client could reach functions of other accounts. */
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;

const schema = z.strictObject({
  function_name: z
    .string()
    .default('')
    .meta({ description: 'The function: its name, ARN or partial ARN.', examples: ['price'] }),
  function_param_name: z
    .string()
    .min(1)
    .default('function')
    .meta({
      description: 'The `{param}` of the path that names the function, where `function_name` does not.',
      examples: ['name'],
    }),
  region: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Region of the function.', shownDefault: 'as AWS finds it', examples: ['eu-west-1'] }),
  endpoint: z
    .url()
    .optional()
    .meta({
      description: 'Another address of AWS, such as that of an emulator.',
      shownDefault: 'that of the region',
      examples: ['http://127.0.0.1:4566'],
    }),
  max_retries: z
    .int()
    .min(0)
    .max(10)
    .default(0)
    .meta({
      description: 'How often the SDK repeats a failed call; the function may then run twice.',
      label: '0 to 10',
      examples: [2],
    }),
  client: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'The name of a client in `options.clients`, in place of `region`, `endpoint` and `max_retries`.',
      more: 'See [below](#a-client-of-your-own).',
      examples: ['lambda'],
    }),
});
type LambdaConfig = z.output<typeof schema>;

/** AWS Lambda functions as backends: `GET` sends the params as a JSON object, every other method the body. */
export const lambda = defineComponent({
  namespace: 'backend/lambda',
  aliases: ['github.com/devopsfaith/krakend-lambda'],
  schema,
  replacesWire: true,

  check({ client, region, endpoint, max_retries }, { clients }): readonly Fault[] {
    if (client === undefined) {
      const fault = peer.fault();
      return fault === undefined ? [] : [{ path: [], message: fault }];
    }
    const idle = Object.entries({ region, endpoint, max_retries: max_retries || undefined });
    const faults = idle.flatMap(([key, value]): Fault[] =>
      value === undefined ? [] : [{ path: [key], message: 'cannot act on a client of your own; remove it' }],
    );
    if (isClient(clients.get(client))) return faults;
    return [
      ...faults,
      { path: ['client'], message: `there is no "${client}" with a function invoke in options.clients` },
    ];
  },

  checkAt: (config, { endpoint }) => thrownFaults([() => createNameReader(config, endpoint)]),

  transport(config, scope) {
    const { backend } = scope;
    const nameOf = createNameReader(config, scope.endpoint);
    const payloadOf = backend.method === 'GET' ? paramsOf : bodyOf;
    const connect = createConnect(config, scope);
    scope.onReady(connect);

    return callWithoutHttp(scope, async function invokeFunction(request) {
      const FunctionName = nameOf(request);
      const Payload = payloadOf(request);
      if (Payload !== undefined && Payload.length > LARGEST_PAYLOAD) {
        throw new RequestError('ERR_REQUEST_BODY_SIZE', `The request is larger than Lambda takes: 6 MB.`);
      }
      const input = { FunctionName, InvocationType: 'RequestResponse' as const, ...(Payload && { Payload }) };
      try {
        const client = await connect();
        return toResponse(backend.name, await client.invoke(input, { abortSignal: request.signal }));
      } catch (thrown) {
        throw toError(backend.name, thrown);
      }
    });
  },
});

function isClient(value: unknown): value is LambdaClient {
  return typeof (value as Partial<LambdaClient> | undefined)?.invoke === 'function';
}

/** The injected client, or one of our own that is made for the first call and ends with the configuration. */
function createConnect(config: LambdaConfig, { backend, clients, onClose }: BackendScope): () => Promise<LambdaClient> {
  const { client: name, region, endpoint, max_retries } = config;
  if (name !== undefined) {
    const client = Promise.resolve(clients.get(name) as LambdaClient);
    return () => client;
  }
  let own: Promise<LambdaClient & AwsClient> | undefined;
  onClose(function closeLambda() {
    own?.then((client) => client.destroy()).catch(ignore);
  });

  async function open() {
    const { Lambda } = await peer.load();
    const agent = { keepAlive: true, maxSockets: backend.max_pending };
    const created = new Lambda({
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      maxAttempts: max_retries + 1,
      requestHandler: { connectionTimeout: backend.connect_timeout, httpsAgent: agent, httpAgent: agent },
    });
    try {
      await findAccess(created);
    } catch (thrown) {
      created.destroy();
      throw thrown;
    }
    return created;
  }
  function forget(thrown: unknown): never {
    own = undefined;
    throw toError(backend.name, thrown);
  }
  return function connect() {
    own ??= open().catch(forget);
    return own;
  };
}

/** Which function a request is for. */
function createNameReader(config: LambdaConfig, endpoint: EndpointConfig): (request: ProxyRequest) => string {
  const { function_name: fixed, function_param_name: param } = config;
  if (fixed !== '') return () => fixed;

  const name = findParam(param, endpoint);
  if (name === undefined) {
    throw new ConfigError([
      {
        path: endpoint.at,
        message: `names no function for "backend/lambda": give function_name, or a {${param}} in the path.`,
      },
    ]);
  }
  return function readFunctionName({ params }) {
    const value = params[name] ?? '';
    if (FUNCTION_NAME.test(value)) return value;
    throw new RequestError('ERR_REQUEST_PATH', `The value of {${name}} is not the name of a function.`);
  };
}

function paramsOf({ params }: BufferedRequest): Buffer {
  const entries = Object.entries(params).map(([name, value]): [string, string] => [lowerFirst(name), value]);
  return Buffer.from(JSON.stringify(Object.fromEntries(entries)));
}

function bodyOf({ body }: BufferedRequest): Buffer | undefined {
  return body;
}

function ignore(): void {}
