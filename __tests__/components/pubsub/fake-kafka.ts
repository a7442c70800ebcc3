/** As much of kafkajs as publishing and reading use, without a broker. */
export function createFakeKafka(
  send: (record: unknown) => Promise<unknown> = async () => [],
  commit: () => Promise<void> = async () => {},
) {
  const state = { connected: 0, disconnected: 0, commits: [] as unknown[], heartbeats: 0 };
  let eachMessage: ((payload: object) => Promise<void>) | undefined;
  const connection = {
    async connect() {
      state.connected++;
    },
    async disconnect() {
      state.disconnected++;
    },
  };
  return {
    state,
    /** Delivers a message as the client library would; settles when the gateway is done with it. */
    deliver(value: string, offset = 0) {
      if (!eachMessage) throw new Error('nobody consumes');
      return eachMessage({
        topic: 't',
        partition: 0,
        message: { value: Buffer.from(value), key: null, headers: { 'x-a': Buffer.from('1') }, offset: String(offset) },
        async heartbeat() {
          state.heartbeats++;
        },
      });
    },
    isConsuming: () => eachMessage !== undefined,
    client: {
      producer: () => ({ ...connection, send }),
      consumer: () => ({
        ...connection,
        events: { CRASH: 'consumer.crash' },
        on() {},
        async subscribe() {},
        async run(config: { eachMessage: (payload: object) => Promise<void> }) {
          eachMessage = config.eachMessage;
        },
        async commitOffsets(offsets: unknown[]) {
          await commit();
          state.commits.push(...offsets);
        },
      }),
    },
  };
}
