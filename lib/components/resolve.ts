import { nearest } from '../config/nearest.js';
import type { Vocabulary } from '../config/parse.js';
import { pathText } from '../config/path.js';
import { readValue } from '../config/read-value.js';
import { createReport } from '../config/report.js';
import type { ResolvedComponent } from '../config/resolved.js';
import { ConfigError } from '../errors.js';
import { silentLogger } from '../logger.js';
import { type CheckContext, type Component, HOOKS, type Scope } from './component.js';
import { unsupportedNamespaces } from './namespaces.js';

export type Resolve = Vocabulary['resolve'];

/** What a configuration knows of a component, and the component. */
export type UsedComponent = ResolvedComponent<Component>;

/** The components at one place of a configuration, outermost first. */
export function componentsAt(place: { readonly components: readonly ResolvedComponent[] }): readonly UsedComponent[] {
  // All components of a configuration are those that `createResolver` has put there.
  return place.components as readonly UsedComponent[];
}

/** Looks up what an `extra_config` contains. Both spellings of the long names are understood everywhere. */
export function createResolver(
  components: readonly Component[],
  named: Omit<CheckContext, 'scope'>,
  warn: Vocabulary['warn'],
): Resolve {
  const table = new Map<string, { readonly component: Component; readonly rank: number }>();
  for (const [rank, component] of components.entries()) {
    for (const name of [component.namespace, ...(component.aliases ?? [])]) {
      if (table.has(name)) {
        throw new ConfigError([
          { path: 'options.components', message: `two components are called "${name}"; rename one` },
        ]);
      }
      table.set(name, { component, rank });
    }
  }

  return function resolve(scope, namespace, value, at, report): UsedComponent | undefined {
    const name = namespace.replace(/^github_com\//, 'github.com/');
    const entry = table.get(name);
    if (!entry) {
      const unsupported = unsupportedNamespaces.get(name);
      if (unsupported && !unsupported.isError) warn(at, `"${namespace}" ${unsupported.advice}`);
      else if (unsupported) report({ path: at, message: `"${namespace}" ${unsupported.advice}` });
      else report({ path: at, message: unknownNamespace(namespace, table) });
      return undefined;
    }
    const { component, rank } = entry;
    if (!HOOKS[scope].some((hook) => component[hook])) {
      report({
        path: at,
        message: `"${namespace}" cannot stand at ${scope} level; move it to ${scopesOf(component)} level`,
      });
      return undefined;
    }
    // Its options are read as the core reads its own.
    const own = createReport();
    const config = readValue(component.schema, value, [], own);
    const { issues } = own;
    for (const { path, message } of issues) report({ path: joinPaths(at, path), message });
    // Something that is wrong is looked at as well, as far as it is sound: all that is wrong is reported at once.
    const { replacesWire = false } = component;
    // Where its options cannot be read, what they would fill is not known: that is no further fault.
    const addsParams = config === undefined || (component.addsParams?.(config, scope) ?? false);
    const resolved = { component, config, rank, replacesWire, addsParams };
    if (issues.length > 0 && config === undefined) return resolved;
    for (const { path, message } of component.check?.(config, { ...named, scope }) ?? []) {
      // A key that was taken out because it is wrong may be what is missed now.
      if (issues.length === 0 || path.length > 0) report({ path: joinPaths(at, pathText(path)), message });
    }
    for (const { path, message } of component.advise?.(config, { ...named, scope }) ?? []) {
      warn(joinPaths(at, pathText(path)), message);
    }
    if (component.checkAt === undefined) return resolved;
    return {
      ...resolved,
      faultsAt: (endpoint, backend) =>
        component.checkAt?.(config, { clients: named.clients, logger: silentLogger, endpoint, backend }) ?? [],
    };
  };
}

function scopesOf(component: Component): string {
  const scopes = (Object.keys(HOOKS) as Scope[]).filter((scope) => HOOKS[scope].some((hook) => component[hook]));
  return scopes.join(' or ');
}

function unknownNamespace(namespace: string, table: ReadonlyMap<string, unknown>): string {
  const candidates = [...table.keys(), ...unsupportedNamespaces.keys()].filter((name) => isAlike(namespace, name));
  const close = nearest(namespace, candidates);
  return `"${namespace}" is not a known namespace${close ? `; did you mean "${close}"?` : ''}`;
}

/** Long names share most of their letters with names that have nothing to do with them: each part has to be near. */
function isAlike(written: string, name: string): boolean {
  const [folder, feature] = partsOf(written);
  const [otherFolder, otherFeature] = partsOf(name);
  return nearest(folder, [otherFolder]) !== undefined && nearest(feature, [otherFeature]) !== undefined;
}

function partsOf(namespace: string): [folder: string, feature: string] {
  const plain = namespace.replace(/^github_com\//, 'github.com/').replace(/\/krakend-/, '/krakend/');
  const slash = plain.lastIndexOf('/');
  return [plain.slice(0, slash + 1), plain.slice(slash + 1)];
}

function joinPaths(at: string, below: string): string {
  if (below === '') return at;
  return below.startsWith('[') ? `${at}${below}` : `${at}.${below}`;
}
