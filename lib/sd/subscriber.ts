/** Knows the hosts of a backend right now. */
export interface Subscriber {
  /** Origins such as `http://10.0.0.7:8080`. Repetition is weight. The same array is returned until the list changes. */
  hosts(): readonly string[];
  /** Stops timers and watches. */
  close?(): void;
}

export interface SubscriberContext {
  /** The backend's `host` list. */
  readonly hosts: readonly string[];
  /** The backend's `sd_scheme`. */
  readonly scheme: string;
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
