import { type Memory, releaseMemory, takeMemory } from '../../lib/core/buffer-pool.js';

/** Whether nobody holds the memory any more: then it is the next to be lent, if it is the last that became free. */
export function isFree({ bytes }: Pick<Memory, 'bytes'>): boolean {
  const next = takeMemory();
  releaseMemory(next);
  return next.bytes.buffer === bytes.buffer;
}
