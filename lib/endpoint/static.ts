import { toGatewayError } from '../errors.js';
import type { Data, Middleware, ProxyResponse } from '../proxy.js';
import { NO_HEADERS } from '../proxy.js';

export type StaticStrategy = 'always' | 'success' | 'errored' | 'complete' | 'incomplete';

export interface StaticData {
  readonly strategy: StaticStrategy;
  readonly data: Data;
}

const MATCHES: Readonly<Record<StaticStrategy, (response: ProxyResponse) => boolean>> = {
  always: () => true,
  success: (response) => response.errors === undefined,
  errored: (response) => response.errors !== undefined,
  complete: (response) => response.errors === undefined && response.isComplete,
  incomplete: (response) => !response.isComplete,
};

/** Adds fixed data to the answers its strategy names; an endpoint that failed answers with it alone. */
export function createStatic({ strategy, data }: StaticData): Middleware {
  const matches = MATCHES[strategy];

  return function staticData(next) {
    function addTo(response: ProxyResponse): ProxyResponse {
      if (!matches(response)) return response;
      const { isEmpty: _, ...rest } = response;
      return { ...rest, data: { ...response.data, ...data } };
    }

    function replace(thrown: unknown): ProxyResponse {
      const error = toGatewayError(thrown);
      const failed: ProxyResponse = {
        data: {},
        isComplete: false,
        metadata: { status: 200, headers: NO_HEADERS },
        errors: [error],
      };
      if (!matches(failed)) throw error;
      return addTo(failed);
    }

    return function answerWithStatic(request) {
      return next(request).then(addTo, replace);
    };
  };
}
