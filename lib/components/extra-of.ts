import type { z } from 'zod';
import type { Component, HOOKS, Scope } from './component.js';
import type { BuiltInExtraConfig } from './extra-config.js';

type HookAt<S extends Scope> = (typeof HOOKS)[S][number];

/** The components that have a hook for the level, by namespace, with what they accept. */
type ExtraAt<C extends readonly Component[], S extends Scope> = {
  readonly [K in C[number] as NameAt<K, S>]?: z.input<K['schema']>;
};

/** Not there where the component has no hook for the level, or its name is any text to the compiler. */
type NameAt<K extends Component, S extends Scope> = keyof K & HookAt<S> extends never
  ? never
  : string extends K['namespace']
    ? never
    : K['namespace'];

/** What `extra_config` may hold at each level where `C` are components of the app: those and the built-in ones. */
export interface ExtraOf<C extends readonly Component[]> {
  readonly service: BuiltInExtraConfig['service'] & ExtraAt<C, 'service'>;
  readonly endpoint: BuiltInExtraConfig['endpoint'] & ExtraAt<C, 'endpoint'>;
  readonly backend: BuiltInExtraConfig['backend'] & ExtraAt<C, 'backend'>;
}
