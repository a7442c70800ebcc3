/** What `extra_config` may hold at each level, besides what belongs to the core. */
export interface ExtraTypes {
  service: object;
  endpoint: object;
  backend: object;
}

/**
 * True for what the compiler knows of an imported JSON file: texts are any text there, and `version` is any number. Such a
 * configuration is checked at start.
 */
export type Imported<T> = T extends { readonly version: infer V } ? (number extends V ? unknown : never) : never;

type DurationPart = `${number}${'ns' | 'us' | 'µs' | 'ms' | 's' | 'm' | 'h'}`;

/** A duration with a unit, such as `"1500ms"`, `"2s"` or `"1h30m"`. */
export type Duration = DurationPart | `${DurationPart}${DurationPart}` | `${number}h${number}m${number}s`;

type MethodName = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
export type Method = MethodName | Lowercase<MethodName>;

/** Keys that begin with `@`, `$`, `#` or `_` are comments. */
export interface Comments {
  readonly [comment: `@${string}` | `$${string}` | `#${string}` | `_${string}`]: unknown;
}

/** Namespaces under their long names of 1.3; they are checked at start, not by the compiler. */
export interface LongNamespaces {
  readonly [namespace: `github.com/${string}` | `github_com/${string}`]: unknown;
}
