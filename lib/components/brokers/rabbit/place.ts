import { ConfigError } from '../../../errors.js';
import type { BackendScope } from '../../component.js';
import type { AmqpConnection, AmqpPlace } from './connection.js';

/**
 * The broker of a backend: the first of its hosts, or the injected connection.
 *
 * @throws {ConfigError} when there is neither
 */
export function placeOf(
  client: string | undefined,
  { backend, clients }: Pick<BackendScope, 'backend' | 'clients'>,
): AmqpPlace {
  const url = backend.host[0] ?? '';
  if (client === undefined && !(/^amqps?:\/\/[^/]/i.test(url) && URL.canParse(url))) {
    const message =
      'must hold one URL such as "amqp://user:password@rabbit.internal:5672/", with disable_host_sanitize';
    throw new ConfigError([{ path: `${backend.at}.host`, message }]);
  }
  return {
    name: backend.name,
    url,
    client: client === undefined ? undefined : (clients.get(client) as AmqpConnection),
    connectTimeout: backend.connect_timeout,
  };
}
