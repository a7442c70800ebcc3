// What the generators need of lib, compiled or not.

/** @param {(path: string) => Promise<Record<string, any>>} load a module of lib by its path without an ending */
export async function loadLibrary(load) {
  const names = ['root', 'endpoint', 'backend', 'router', 'proxy', 'http', 'client', 'tls'];
  const options = await Promise.all(names.map((name) => load(`config/options/${name}`)));
  const { showDuration } = await load('config/fields');
  const { longNamesOf, withOldNames } = await load('config/dialect');
  const { HOOKS } = await load('components/component');
  const { builtInComponents: components } = await load('components/index');
  return { schemas: Object.assign({}, ...options), showDuration, longNamesOf, withOldNames, HOOKS, components };
}
