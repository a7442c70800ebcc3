import type { Data } from '../proxy.js';

/**
 * Turns the bytes of a backend into a document; throws or rejects when they are not what the encoding says. `contentType` is
 * the header of the answer, where it has one.
 */
export type Decoder = (body: Buffer, contentType?: string) => Data | null | Promise<Data | null>;

export interface EncodeContext {
  /** The client's `Accept` header. */
  readonly accept: string | undefined;
}

export interface EncodedBody {
  readonly contentType: string;
  readonly body: string | Buffer;
  /** Request headers that the choice of the format depended on, for the answer's `Vary`. */
  readonly vary?: string;
}

/** Turns a merged document into the answer's body. */
export type Encoder = (data: Data | null, context: EncodeContext) => EncodedBody | Promise<EncodedBody>;

/** A format, by the name that `encoding` and `output_encoding` use. Either half may be missing. */
export interface Encoding {
  readonly name: string;
  /** Called once per backend at start; `isCollection` is the backend's `is_collection`. */
  decoder?(isCollection: boolean): Decoder;
  readonly encode?: Encoder;
  /**
   * Whether a body that the decoder has taken cannot be the beginning of a longer one, as `{…}` cannot. Asked only where
   * nothing but the end of the connection ended the body; without it, or where it says false, the answer is incomplete.
   */
  isWhole?(body: Buffer): boolean;
  /** True where white space alone is no document: such a body counts as an empty one, and the decoder does not see it. */
  readonly ignoresSpace?: boolean;
  /** Asked at start where a configuration names the format: a sentence when it cannot work, as without its package. */
  readonly fault?: () => string | undefined;
  /** True for formats that pass the stream through untouched, as `no-op` does. */
  readonly passthrough?: boolean;
}
