import { isObject } from '../core/data.js';
import { EndpointError, GatewayError } from '../errors.js';
import { type Data, NO_HEADERS, type ProxyResponse } from '../proxy.js';
import type { Combiner } from './combiner.js';
import type { Outcome } from './outcome.js';
import type { HeaderMerge } from './output-headers.js';

/** Makes one answer of several outcomes, in declared order; throws when none of them is an answer. */
export type Merge = (outcomes: readonly Outcome[]) => ProxyResponse;

const METADATA = { status: 200, headers: NO_HEADERS };

export function createMerge(endpoint: string, combine: Combiner, mergeHeaders?: HeaderMerge): Merge {
  return function merge(outcomes) {
    const parts: Data[] = [];
    const errors: GatewayError[] = [];
    let isComplete = true;
    let isEmpty = true;

    for (const outcome of outcomes) {
      if ('error' in outcome) {
        errors.push(outcome.error);
        continue;
      }
      const { response } = outcome;
      if (!response.isComplete || response.data === null) isComplete = false;
      if (response.errors) errors.push(...response.errors);
      if (response.isEmpty) continue;
      isEmpty = false;
      if (response.data !== null) parts.push(response.data);
    }

    if (errors.length > 0 && errors.length === outcomes.length && parts.length === 0) {
      throw allFailed(endpoint, errors);
    }
    // A single part as well: what a combiner makes of it must not depend on which backend failed.
    const data = combine(parts);
    if (!isObject(data)) {
      throw new GatewayError('ERR_INTERNAL', `The combiner of ${endpoint} must give back an object`);
    }
    const metadata = mergeHeaders ? { status: 200, headers: mergeHeaders(outcomes) } : METADATA;
    if (errors.length > 0) return { data, isComplete: false, metadata, errors };
    return isEmpty ? { data, isComplete, isEmpty, metadata } : { data, isComplete, metadata };
  };
}

function allFailed(endpoint: string, errors: readonly GatewayError[]): EndpointError {
  const statuses = new Set(errors.map((error) => error.status));
  const status = statuses.size === 1 ? (errors[0] as GatewayError).status : 502;
  const messages = errors.map((error) => error.message).join('\n');
  // Where all backends were left out for the moment, so was the endpoint: the answer tells the client to come back.
  const [{ code, kind }] = errors as readonly [GatewayError];
  const isTemporary = kind.isTemporary && errors.every((error) => error.code === code);
  return new EndpointError(
    isTemporary ? code : 'ERR_ENDPOINT_FAILED',
    `Every backend of ${endpoint} failed:\n${messages}`,
    errors,
    status,
  );
}
