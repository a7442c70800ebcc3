import { isObject } from '../core/data.js';
import type { Data } from '../proxy.js';
import { createAllow, createDeny } from './filter.js';

/** Changes the shape of a document. Never changes the document itself: what stays the same is shared with the result. */
export type Formatter = (data: Data | null) => Data | null;

/** Backend options of the same names; the config has checked them. */
export interface FormatterOptions {
  /** Dotted path of the object that takes the document's place; `{}` where there is none. */
  readonly target?: string;
  /** Dotted paths to keep. When there are any, `deny` has no effect. */
  readonly allow?: readonly string[];
  /** Dotted paths to remove. */
  readonly deny?: readonly string[];
  /** New names of root keys. All old names are read before any new one is written, so names can be swapped. */
  readonly mapping?: Readonly<Record<string, string>>;
  /** The key to put the document under. */
  readonly group?: string;
}

/** The steps that are configured, as one function, in the order target, allow or deny, mapping, group. */
export function createFormatter({ target, allow, deny, mapping, group }: FormatterOptions): Formatter | undefined {
  const steps: Formatter[] = [];
  if (target) steps.push(createTarget(target));
  if (allow?.length) steps.push(unlessEmpty(createAllow(allow)));
  else if (deny?.length) steps.push(unlessEmpty(createDeny(deny)));
  if (mapping && Object.keys(mapping).length > 0) steps.push(unlessEmpty(createMapping(mapping)));
  if (group) steps.push(createGroup(group));

  const [first, ...rest] = steps;
  if (first === undefined || rest.length === 0) return first;
  return function format(data) {
    let result = data;
    for (const step of steps) result = step(result);
    return result;
  };
}

function unlessEmpty(step: (data: Data) => Data): Formatter {
  return function formatUnlessEmpty(data) {
    return data === null ? null : step(data);
  };
}

function createTarget(path: string): Formatter {
  const keys = path.split('.');

  return function takeTarget(data) {
    let value: unknown = data;
    for (const key of keys) {
      if (!isObject(value) || !Object.hasOwn(value, key)) return {};
      value = value[key];
    }
    return isObject(value) ? value : {};
  };
}

/** A new name ends at its first dot. A key that is mapped to its own name goes, as in KrakenD. */
function createMapping(mapping: Readonly<Record<string, string>>): (data: Data) => Data {
  const names = new Map(Object.entries(mapping).map(([from, to]) => [from, to.split('.', 1)[0] as string]));

  return function rename(data) {
    const present = [...names].filter(([from]) => Object.hasOwn(data, from));
    if (present.length === 0) return data;

    const result: Record<string, unknown> = {};
    for (const key of Object.keys(data)) {
      const name = names.get(key) ?? key;
      if (key === '__proto__' || (name === key && names.has(key))) continue;
      result[name] = data[key];
    }
    // Renamed values win over those that had the name before, whatever the order of keys in the document.
    for (const [from, to] of present) {
      if (to !== from) result[to] = data[from];
    }
    return result;
  };
}

function createGroup(name: string): Formatter {
  return function group(data) {
    return { [name]: data };
  };
}
