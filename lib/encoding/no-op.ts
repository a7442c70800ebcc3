import type { Encoding } from './encoding.js';

/** Status, headers and body of the one backend reach the client untouched. */
export const noOp: Encoding = { name: 'no-op', passthrough: true };
