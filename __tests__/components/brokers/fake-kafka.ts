/** As much of kafkajs as publishing and reading use, without a broker. */
export function createFakeKafka(
  send: (record: unknown) => Promise<unknown> = async () => [],
  commit: () => Promise<void> = async () => {},
) {
  const state = { connected: 0, disconnected: 0, commits: [] as unknown[], resolved: [] as string[], heartbeats: 0 };
  const listeners = new Map<string, () => void>();
  let eachBatch: ((payload: object) => Promise<void>) | undefined;
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
    /** Delivers messages of a partition as the client library would; settles when the gateway is done with them. */
    deliver(values: string | readonly string[], offset = 0) {
      if (!eachBatch) throw new Error('nobody consumes');
      const messages = [values].flat().map((value, n) => ({
        value: Buffer.from(value),
        key: null,
        headers: { 'x-a': Buffer.from('1') },
        offset: String(offset + n),
      }));
      return eachBatch({
        batch: { topic: 't', partition: 0, messages },
        isRunning: () => true,
        isStale: () => false,
        resolveOffset: (done: string) => void state.resolved.push(done),
        async heartbeat() {
          state.heartbeats++;
        },
        async commitOffsetsIfNecessary({ topics }: { topics: { topic: string; partitions: object[] }[] }) {
          await commit();
          for (const { topic, partitions } of topics)
            state.commits.push(...partitions.map((partition) => ({ topic, ...partition })));
        },
      });
    },
    /** The group has been formed anew. */
    rejoin: () => listeners.get('consumer.group_join')?.(),
    isConsuming: () => eachBatch !== undefined,
    client: {
      producer: () => ({ ...connection, send }),
      consumer: () => ({
        ...connection,
        events: { CRASH: 'consumer.crash', GROUP_JOIN: 'consumer.group_join' },
        on: (event: string, listener: () => void) => void listeners.set(event, listener),
        async subscribe() {},
        async run(config: { eachBatch: (payload: object) => Promise<void> }) {
          eachBatch = config.eachBatch;
        },
      }),
    },
  };
}
