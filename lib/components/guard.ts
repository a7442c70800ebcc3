import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { ConfigError, GatewayError, RejectedError } from '../errors.js';
import type { Logger } from '../logger.js';
import {
  type Admit,
  type Admitted,
  isAdmittedAs,
  type Middleware,
  type Policy,
  type ProxyResponse,
  type RequestHandler,
} from '../proxy.js';
import type { BackendResponse, Transport, TransportMiddleware } from '../transport/transport.js';
import type { Component, Hooks } from './component.js';

/**
 * Keeps a foreign component from harming more than the layer it is used in: what it throws becomes a
 * rejection, and what it gives back has to be an answer.
 */
export function guardComponent(component: Component): Component {
  const { namespace, addsParams, check, advise, checkAt } = component;
  const { policy, service, admit, endpoint, client, backend, transport } = component;
  function layerOf<T>(made: T | undefined): T | undefined {
    if (made === undefined || typeof made === 'function') return made;
    throw notALayer(namespace);
  }
  function guarded<R>(made: Middleware<R> | undefined): Middleware<R> | undefined {
    const layer = layerOf(made);
    return layer && guardMiddleware(namespace, layer);
  }
  const hooks: Pick<Component, keyof Hooks<z.ZodType>> = {
    ...(policy && {
      policy(config, scope) {
        const made = policy.call(component, config, scope);
        if (made === undefined) return undefined;
        if (isPolicy(made)) return guardPolicy(namespace, made, scope.logger);
        throw notALayer(namespace, 'a policy');
      },
    }),
    ...(service && {
      service(config, scope) {
        const handler = layerOf(service.call(component, config, scope));
        return handler && guardHandler(namespace, handler, scope.logger);
      },
    }),
    ...(admit && {
      admit(config, scope) {
        const layer = layerOf(admit.call(component, config, scope));
        return layer && guardAdmit(namespace, layer);
      },
    }),
    ...(endpoint && { endpoint: (config, scope) => guarded(endpoint.call(component, config, scope)) }),
    ...(client && { client: (config, scope) => guarded(client.call(component, config, scope)) }),
    ...(backend && { backend: (config, scope) => guarded(backend.call(component, config, scope)) }),
    ...(transport && {
      transport(config, scope) {
        const layer = layerOf(transport.call(component, config, scope));
        return layer && guardTransportMiddleware(namespace, layer);
      },
    }),
  };
  // Whatever else it declares, also as an instance of a class, is still there.
  const atStart = {
    ...(addsParams && { addsParams: addsParams.bind(component) }),
    ...(check && { check: check.bind(component) }),
    ...(advise && { advise: advise.bind(component) }),
    ...(checkAt && { checkAt: checkAt.bind(component) }),
  };
  return Object.assign(Object.create(component), atStart, hooks);
}

/** The same for a transport that takes the place of the wire. */
export function guardTransport(name: string, transport: Transport): Transport {
  return guardCall(name, transport, isBackendResponse);
}

function guardMiddleware<R>(name: string, layer: Middleware<R>): Middleware<R> {
  return function guardedLayer(next) {
    const proxy = layer(next);
    if (typeof proxy !== 'function') throw notALayer(name);
    return guardCall(name, proxy, isProxyResponse);
  };
}

function guardTransportMiddleware(name: string, layer: TransportMiddleware): TransportMiddleware {
  return function guardedTransport(next) {
    const transport = layer(next);
    if (typeof transport !== 'function') throw notALayer(name);
    return guardCall(name, transport, isBackendResponse);
  };
}

/** A guard that returns something other than a decision rejects the request. */
function guardAdmit(name: string, admit: Admit): Admit {
  function assertAdmitted(admitted: Admitted): Admitted {
    if (isAdmitted(admitted)) return admitted;
    throw new GatewayError('ERR_INTERNAL', `"${name}" gave back something that is no decision`);
  }

  return function guardedAdmit(head) {
    const admitted = admit(head);
    return isRecord(admitted) && typeof admitted['then'] === 'function'
      ? Promise.resolve(admitted).then(assertAdmitted)
      : assertAdmitted(admitted as Admitted);
  };
}

function guardCall<R, A>(
  name: string,
  call: (request: R) => Promise<A>,
  isAnswer: (value: unknown) => boolean,
): (request: R) => Promise<A> {
  function assertAnswer(answer: A): A {
    if (isAnswer(answer)) return answer;
    throw new GatewayError('ERR_INTERNAL', `"${name}" gave back something that is no answer`);
  }

  return function guardedCall(request) {
    try {
      return Promise.resolve(call(request)).then(assertAnswer);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

/** A policy that fails lets no request through: what it guards against is not known. */
function guardPolicy(name: string, made: Policy, logger: Logger): Policy {
  function guarded(decide: Policy['apply']): Policy['apply'] {
    return function guardedPolicy(request, response) {
      try {
        return decide.call(made, request, response) === true;
      } catch (err) {
        answerFailure(name, response, err, logger);
        return true;
      }
    };
  }
  const { owns, coversBuiltIns = false, preflight } = made;
  return { apply: guarded(made.apply), ...(preflight && { preflight: guarded(preflight) }), owns, coversBuiltIns };
}

function answerFailure(name: string, response: ServerResponse, err: unknown, logger: Logger): void {
  logger.error({ component: name, err }, 'a component failed');
  if (response.headersSent) response.destroy();
  else response.writeHead(500, { 'content-length': '0' }).end();
}

/** A handler that throws, or rejects, has not answered: the client must not wait for ever. */
function guardHandler(name: string, handler: RequestHandler, logger: Logger): RequestHandler {
  return function guardedHandler(request, response, next) {
    function fail(err: unknown): void {
      answerFailure(name, response, err, logger);
    }
    try {
      const result: unknown = handler(request, response, next);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}

function notALayer(namespace: string, kind = 'a function'): ConfigError {
  return new ConfigError([
    { path: 'options.components', message: `a hook of "${namespace}" must give back ${kind} or nothing` },
  ]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isPolicy(value: unknown): value is Policy {
  if (!isRecord(value) || typeof value['apply'] !== 'function' || !Array.isArray(value['owns'])) return false;
  return value['preflight'] === undefined || typeof value['preflight'] === 'function';
}

function isAdmitted(value: unknown): value is Admitted {
  if (value === undefined || value instanceof RejectedError) return true;
  if (!isRecord(value) || value instanceof Error || Array.isArray(value)) return false;
  if (!isAdmittedAs(value as Admitted)) return isTexts(value);
  return isHead(value['head']) && (value['headers'] === undefined || isTexts(value['headers']));
}

function isTexts(value: unknown): boolean {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}

function isHead(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['method'] === 'string' &&
    isTexts(value['params']) &&
    Array.isArray(value['query']) &&
    isRecord(value['headers']) &&
    isRecord(value['client']) &&
    isRecord(value['client']['headers']) &&
    value['signal'] instanceof Object
  );
}

/** Whether a value can go on as an answer. */
export function isProxyResponse(value: unknown): value is ProxyResponse {
  return (
    isRecord(value) &&
    typeof value['data'] === 'object' &&
    !Array.isArray(value['data']) &&
    typeof value['isComplete'] === 'boolean' &&
    isRecord(value['metadata']) &&
    typeof value['metadata']['status'] === 'number' &&
    isRecord(value['metadata']['headers'])
  );
}

function isBackendResponse(value: unknown): value is BackendResponse {
  return (
    isRecord(value) &&
    Number.isInteger(value['status']) &&
    isRecord(value['headers']) &&
    (Buffer.isBuffer(value['body']) || value['body'] instanceof Readable)
  );
}
