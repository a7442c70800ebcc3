import { ConfigError } from '../../errors.js';
import type { BackendScope } from '../component.js';
import type { BrokerUrl, Driver, Place } from './driver.js';
import { drivers } from './drivers.js';
import { joinBrokerUrl, parseBrokerUrl } from './url.js';

/** What publishers and subscribers both say about their broker. */
export interface Connection {
  /** `extra_config["…"].…` of the option that holds the URL. */
  readonly option: string;
  readonly url: string;
  readonly client: string | undefined;
  readonly maxAttempts?: number;
  readonly deadLetter?: string | undefined;
}

/**
 * Finds the driver of a URL and checks that it can be used at all.
 *
 * @throws {ConfigError} when it cannot
 */
export function findPlace(
  { option, url: text, client, maxAttempts = 1, deadLetter }: Connection,
  use: 'publish' | 'subscribe',
  { backend, clients, logger }: Pick<BackendScope, 'backend' | 'clients' | 'logger'>,
): { readonly driver: Driver; readonly place: Place } {
  function refuse(message: string, at = option): never {
    throw new ConfigError([{ path: `${backend.at}.${at}`, message }]);
  }
  const url = parseBrokerUrl(joinBrokerUrl(backend.host[0] ?? '', text));
  if (!url || /^https?$/.test(url.scheme))
    refuse('must be a URL such as "kafka://orders", alone or behind the host of the backend');
  const driver = drivers.get(url.scheme);
  if (!driver || !(use === 'publish' ? driver.publisher : driver.subscription)) {
    refuse(`cannot ${use} over "${url.scheme}://"; known are ${known(use)}`);
  }
  const fault = faultOf(driver, url, use);
  if (fault !== undefined) refuse(fault);
  if (deadLetter !== undefined && !driver.hasDeadLetters) {
    refuse(
      `cannot act over "${url.scheme}://"; set dead letters up in the broker`,
      option.replace(/\w+$/, 'dead_letter'),
    );
  }
  const injected = client === undefined ? undefined : clients.get(client);
  if (client === undefined) {
    const missing = driver.peers.map((peer) => peer.fault()).find((sentence) => sentence !== undefined);
    if (missing !== undefined) refuse(missing);
  } else if (!driver.clientHas.every((name) => hasFunction(injected, name))) {
    refuse(`there is no "${client}" with ${driver.clientHas.join(' and ')} in options.clients`);
  }

  const place = {
    name: backend.name,
    url,
    client: injected,
    logger,
    connectTimeout: backend.connect_timeout,
    timeout: backend.timeout,
    maxPending: backend.max_pending,
    maxAttempts,
    deadLetter,
  };
  return { driver, place };
}

function faultOf(driver: Driver, url: BrokerUrl, use: 'publish' | 'subscribe'): string | undefined {
  const names = driver.parameters[use];
  const unknown = [...url.query.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return driver.faultOf(url, use);
  const advice = names.length > 0 ? `known are ${names.map((name) => `"${name}"`).join(', ')}` : 'there are none';
  return `has the parameter "${unknown}", which "${url.scheme}://" does not know; ${advice}`;
}

function known(use: 'publish' | 'subscribe'): string {
  return [...drivers]
    .filter(([, driver]) => (use === 'publish' ? driver.publisher : driver.subscription))
    .map(([scheme]) => `"${scheme}://"`)
    .join(', ');
}

function hasFunction(client: unknown, name: string): boolean {
  return typeof (client as Record<string, unknown> | undefined)?.[name] === 'function';
}
