import type { Logger } from '../logger.js';

/** Knows the hosts of a backend right now. */
export interface Subscriber {
  /** Origins such as `http://10.0.0.7:8080`. Repetition is weight. The same array is returned until the list changes. */
  hosts(): readonly string[];
  /**
   * Settles, never rejects, once the first look-up has ended, well or badly. Where it is missing, `hosts()` answers from
   * the start. A caller with a deadline races it.
   */
  ready?(): Promise<void>;
  /** Stops timers and watches. Called once, when the gateway closes or reloads. */
  close?(): void;
}

export interface SubscriberContext {
  /** The backend's `host` list. */
  readonly hosts: readonly string[];
  /** The backend's `sd_scheme`. */
  readonly scheme: string;
  /** The root's `dns_cache_ttl` in milliseconds: how often a polled source is asked. Default 30000. */
  readonly ttl?: number;
  /** Gets the sources that fail; default silent. */
  readonly logger?: Logger;
}

/** Makes the subscriber of one backend; named by the backend's `sd`. */
export type SubscriberFactory = (context: SubscriberContext) => Subscriber;

/** `sd: "static"`: the hosts as configured. */
export function createStaticSubscriber({ hosts }: SubscriberContext): Subscriber {
  return {
    hosts() {
      return hosts;
    },
  };
}
