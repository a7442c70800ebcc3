import { EventEmitter } from 'node:events';

/** A client of ioredis whose commands a function answers. */
export function createFakeRedis(answer: (command: unknown[]) => unknown) {
  const commands: unknown[][] = [];
  async function call(...command: unknown[]): Promise<unknown> {
    commands.push(command);
    return answer(command);
  }
  const client = {
    call,
    callBuffer: call,
    duplicate: () =>
      Object.assign(new EventEmitter(), { call, callBuffer: call, connect: async () => {}, disconnect() {} }),
  };
  return { client, commands };
}
