import type { ConfigIssue } from '../errors.js';
import type { ResolvedComponent } from './resolved.js';

/** The names a configuration may use; given by the gateway, so that this folder knows no encoding and no component. */
export interface Vocabulary {
  readonly decoders: ReadonlySet<string>;
  readonly encoders: ReadonlySet<string>;
  /** Encodings that hand the stream on untouched, such as `no-op`. */
  readonly passthrough: ReadonlySet<string>;
  /** What keeps a known encoding from being used, such as a package that is not installed. */
  faultOf(encoding: string): string | undefined;
  readonly combiners: ReadonlySet<string>;
  readonly subscribers: ReadonlySet<string>;
  readonly balancers: ReadonlySet<string>;
  /** True where a transport of the app makes the calls, which may know more than HTTP. */
  readonly hasOwnTransport: boolean;
  /** Resolves one `extra_config` namespace that does not belong to the core. Calls `report` for every fault. */
  resolve(
    scope: 'service' | 'endpoint' | 'backend',
    namespace: string,
    value: unknown,
    at: string,
    report: (issue: ConfigIssue) => void,
  ): ResolvedComponent | undefined;
  /** Gets the accepted options that do nothing here. */
  warn(at: string, message: string): void;
}
