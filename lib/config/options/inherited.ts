/**
 * Options that fall through where the lower object does not say them: from the root to endpoints and backends, and from an
 * endpoint to its backends. What is undefined after reading was not said. The defaults are in the schema of the upper one.
 */
export const FROM_ROOT_TO_ENDPOINT = [
  'timeout',
  'cache_ttl',
  'output_encoding',
  'encoding',
  'max_request_body',
] as const;

export const FROM_ROOT_TO_BACKEND = [
  'balancer',
  'max_response_body',
  'max_response_headers',
  'max_pending',
  'isolate_connections',
] as const;

export const FROM_ENDPOINT_TO_BACKEND = ['method', 'encoding', 'timeout', 'concurrent_calls'] as const;

/** What `lower` says of `keys`, and what `upper` says where it does not. */
export function inherited<K extends string, U extends Readonly<Record<K, unknown>>>(
  keys: readonly K[],
  lower: Readonly<Partial<Record<K, unknown>>>,
  upper: U,
): Pick<U, K> {
  const values = keys.map((key) => [key, (Object.hasOwn(lower, key) ? lower[key] : undefined) ?? upper[key]]);
  // Both levels read these options with the same types.
  return Object.fromEntries(values) as Pick<U, K>;
}
