import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { GatewayError } from '../errors.js';

/** A package that only some configurations need, so that the app installs it and not this library. */
export interface Peer<T> {
  readonly name: string;
  /** The sentence for a `ConfigError` when the package is not there; looked up at start, without loading anything. */
  fault(): string | undefined;
  /**
   * The package, loaded on first use. A failure is not kept: the next call tries again.
   *
   * @throws GatewayError `ERR_PEER_MISSING` when the package is not there.
   */
  load(): Promise<T>;
}

/**
 * Declares an optional peer dependency. `load` holds the `import()` with its literal name, which compilers, bundlers and
 * the test of `peerDependencies` can see.
 *
 * @example
 * const yaml = lazyPeer('yaml', 'The encoding "yaml"', () => import('yaml'));
 */
export function lazyPeer<T>(name: string, feature: string, load: () => Promise<T>): Peer<T> {
  const sentence = `${feature} needs the package "${name}", which is not installed: npm install ${name}`;
  let loaded: Promise<T> | undefined;

  function fault(): string | undefined {
    return isInstalled(name) ? undefined : sentence;
  }

  function forget(error: unknown): never {
    loaded = undefined;
    throw isMissing(error, name) ? new GatewayError('ERR_PEER_MISSING', sentence) : error;
  }

  function loadOnce(): Promise<T> {
    loaded ??= load().catch(forget);
    return loaded;
  }

  return { name, fault, load: loadOnce };
}

/**
 * A dependency that only some configurations use, loaded at its first use, and at once: `createGateway` does not wait.
 *
 * @throws GatewayError `ERR_PEER_MISSING` when it is not there, as in a bundle that was moved without its packages.
 */
export function requirePackage<T>(name: string, feature: string): T {
  try {
    return createRequire(ownFile())(name) as T;
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    const advice = 'install it where the app runs, beside its bundle';
    throw new GatewayError('ERR_PEER_MISSING', `${feature} needs the package "${name}", which is not there: ${advice}`);
  }
}

/** Looks where `import()` would look: from here upwards, which is where the app has its packages too. */
function isInstalled(name: string): boolean {
  return canResolve(name, ownFile()) || canResolve(name, join(process.cwd(), 'index.js'));
}

function canResolve(name: string, from: string): boolean {
  try {
    createRequire(from).resolve(name);
    return true;
  } catch (error) {
    // Any other failure, such as a package for `import` only, means that the package is there.
    return !isMissing(error, name);
  }
}

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const { code, message } = error;
  return (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') && message.includes(`'${name}'`);
}

/** This file. CommonJS has a name for it; an ES module that also compiles to CommonJS only learns it from a stack. */
function ownFile(): string {
  // `node -e` has a global of that name, which is no path.
  if (typeof __filename === 'string' && isAbsolute(__filename)) return __filename;
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, [site]) => site?.getFileName();
    return String(new Error('only for its stack').stack);
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}
