import type { Peer } from '../../core/peer.js';
import type { Logger } from '../../logger.js';
import type { Settlement } from '../../transport/transport.js';

/** A message on its way to a broker. */
export interface Outgoing {
  readonly body: Buffer;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What the receiver of a message answered, where the broker carries answers. */
export interface Reply {
  readonly body: Buffer;
  /** As they came: what cannot be a header of HTTP is left out later. */
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A message from a broker, which keeps it until it is settled. */
export interface Received {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** Called once. Resolves when the broker knows; rejects when it will hand the message out again. */
  settle(settlement: Settlement): Promise<void>;
}

/** One topic, for writing. Opened for the first message. */
export interface Publisher<M extends Outgoing = Outgoing> {
  /**
   * Resolves when the broker has confirmed the message, and not before: with the reply where one is waited for. Rejects
   * with a `GatewayError`.
   */
  publish(message: M): Promise<Reply | undefined>;
  /** Connects, where that was not done yet. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** One subscription, for reading. Opened for the first request. */
export interface Subscription {
  /** The next message. Rejects with a `GatewayError` when there is no connection, and when the signal is aborted. */
  receive(signal: AbortSignal): Promise<Received>;
  /** Connects, where that was not done yet. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** What a driver may know of the place it is used at. */
export interface Place {
  /** How messages name the backend. */
  readonly name: string;
  readonly url: BrokerUrl;
  /** A client of the host app, to be used and not closed. */
  readonly client: unknown;
  readonly logger: Logger;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds; after that a confirmation is no longer waited for. */
  readonly timeout: number;
  /** Calls at a time. */
  readonly maxPending: number;
  /** How often a message that cannot be used is handed out before it is put aside. */
  readonly maxAttempts: number;
  /** Where messages that cannot be used go; `undefined` to drop them. */
  readonly deadLetter: string | undefined;
}

/** A URL such as `kafka://group?topic=a&topic=b`. */
export interface BrokerUrl {
  readonly scheme: string;
  /** What follows the two slashes, without the query. */
  readonly target: string;
  readonly query: URLSearchParams;
}

/** How one kind of broker is used. */
export interface Driver {
  /** Packages it needs where no client was injected. */
  readonly peers: readonly Peer<unknown>[];
  /** Names of functions that an injected client must have. */
  readonly clientHas: readonly string[];
  /** Query parameters of its URLs. */
  readonly parameters: { readonly publish: readonly string[]; readonly subscribe: readonly string[] };
  /** True where `dead_letter` can name a topic; other brokers have dead letters of their own. */
  readonly hasDeadLetters?: boolean;
  /** One sentence about a URL that cannot be used. */
  faultOf(url: BrokerUrl, use: 'publish' | 'subscribe'): string | undefined;
  publisher?(place: Place): Publisher;
  subscription?(place: Place): Subscription;
}
