import type { createEncodings } from '../../lib/encoding/index.js';
import type { createTextDecoder } from '../../lib/encoding/json-text.js';
import type { combiners } from '../../lib/endpoint/combiner.js';
import type { createFlatmap } from '../../lib/manipulation/flatmap.js';
import type { createFormatter } from '../../lib/manipulation/formatter.js';

export interface Transformations {
  readonly createEncodings: typeof createEncodings;
  readonly combiners: typeof combiners;
  readonly createFlatmap: typeof createFlatmap;
  readonly createFormatter: typeof createFormatter;
  readonly createTextDecoder: typeof createTextDecoder;
}

export interface Shape {
  /** What transforms it. */
  readonly group: string;
  readonly name: string;
  /** The largest size to measure, in keys, elements or backends; absent where the size is bytes. */
  readonly most?: number;
  /** Makes a document of a size, and returns what is to be timed. */
  make(size: number): (() => unknown) | Promise<() => unknown>;
}

export function createShapes(transformations: Transformations): Shape[];
