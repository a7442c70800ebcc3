import type { BackendInput, EndpointInput, GatewayOptions } from '../../lib/index.js';
import { createTestGateway, type TestGateway } from '../../lib/testing/index.js';

export interface PubSubSettings {
  readonly publish?: string | undefined;
  readonly subscribe?: string | undefined;
  /** More options of the publisher, or of the subscriber. */
  readonly write?: object;
  readonly read?: object;
  readonly backend?: BackendInput;
  /** Of the publisher. */
  readonly endpoint?: Partial<EndpointInput>;
  readonly input_headers?: string[];
}

/** A gateway that publishes by `POST /a` and takes messages by `GET /next`. */
export function createPubSubGateway(settings: PubSubSettings, options: GatewayOptions = {}): TestGateway {
  const { publish, subscribe, write, read, backend, endpoint, input_headers = ['Content-Type', 'X-Tenant'] } = settings;
  const endpoints = [];
  if (publish !== undefined) {
    const extra_config = { 'backend/pubsub/publisher': { topic_url: publish, ...write } };
    const backends = [{ ...backend, extra_config }];
    endpoints.push({ endpoint: '/a', method: 'POST' as const, input_headers, backend: backends, ...endpoint });
  }
  if (subscribe !== undefined) {
    const extra_config = { 'backend/pubsub/subscriber': { subscription_url: subscribe, ...read } };
    endpoints.push({ endpoint: '/next', backend: [{ ...backend, extra_config }] });
  }
  return createTestGateway(
    { timeout: '5s', extra_config: { router: { return_error_msg: true } }, endpoints },
    { backends: {}, statuses: 'http', errors: 'json', ...options },
  );
}

export function post(body: string | Buffer, headers: Record<string, string> = { 'x-tenant': 'acme' }) {
  return { method: 'POST', url: '/a', headers, body };
}

export const next = { url: '/next' };
