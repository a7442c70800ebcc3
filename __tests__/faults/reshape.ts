import { type Node, type ObjectNode, objectNode } from './json-text.js';

// What the options below do to a document, written for exactly these options: the gateway has engines for all of them.

/** The options of three roles, and what they come to. */
export const FILTERED = {
  allow: ['tok', 'be', 'nest', 'shared.who', 'list'],
  mapping: { be: 'backend', list: 'items' },
} as const;

export const DENIED = {
  deny: ['shared.both', 'num', 'nest.f1.t', 'missing.path'],
} as const;

export const FLATTENED = {
  extra_config: {
    proxy: {
      flatmap_filter: [
        { type: 'move', args: ['list.*.id', 'list.*.ident'] },
        { type: 'move', args: ['bulk.*.id', 'bulk.*.ident'] },
        { type: 'del', args: ['nest.*.t', 'num'] },
        { type: 'move', args: ['shared.who', 'owner'] },
        { type: 'append', args: ['shared.both', 'list'] },
      ],
    },
  },
} as const;

function change(node: Node | undefined, edit: (members: Map<string, Node>) => void): Node | undefined {
  if (node?.kind !== 'object') return node;
  const members = new Map(node.members);
  edit(members);
  return { kind: 'object', members };
}

function replace(members: Map<string, Node>, key: string, edit: (members: Map<string, Node>) => void): void {
  const changed = change(members.get(key), edit);
  if (changed) members.set(key, changed);
}

export function filtered(node: Node): Node {
  if (node.kind !== 'object') return node;
  const names: Record<string, string> = { tok: 'tok', be: 'backend', nest: 'nest', list: 'items' };
  const members: [string, Node][] = [];
  for (const [key, value] of node.members) {
    const name = Object.hasOwn(names, key) ? names[key] : undefined;
    if (name !== undefined) members.push([name, value]);
    const owner = key === 'shared' && value.kind === 'object' ? value.members.get('who') : undefined;
    if (owner) members.push(['shared', objectNode([['who', owner]])]);
  }
  return objectNode(members);
}

export function denied(node: Node): Node {
  const left = change(node, (members) => {
    members.delete('num');
    replace(members, 'shared', (shared) => shared.delete('both'));
    replace(members, 'nest', (nest) => replace(nest, 'f1', (own) => own.delete('t')));
  });
  return left ?? node;
}

function renamed(list: Node | undefined): Node | undefined {
  if (list?.kind !== 'array') return undefined;
  const items = list.items.map((item) => {
    const changed = change(item, (members) => {
      const id = members.get('id');
      members.delete('id');
      if (id) members.set('ident', id);
    });
    return changed ?? item;
  });
  return { kind: 'array', items };
}

export function flattened(node: Node): Node {
  const result = change(node, (members) => {
    for (const key of ['list', 'bulk']) {
      const list = renamed(members.get(key));
      if (list) members.set(key, list);
    }
    replace(members, 'nest', (nest) => {
      for (const key of nest.keys()) replace(nest, key, (own) => own.delete('t'));
    });
    members.delete('num');
    takeApart(members);
  });
  return result ?? node;
}

/** The owner goes to the top, the pair to the end of the list. */
function takeApart(members: Map<string, Node>): void {
  const shared = members.get('shared');
  const list = members.get('list');
  if (shared?.kind !== 'object' || list?.kind !== 'array') return;
  const rest = new Map(shared.members);
  const owner = rest.get('who');
  const both = rest.get('both');
  rest.delete('who');
  rest.delete('both');
  const left: ObjectNode = { kind: 'object', members: rest };
  members.set('shared', left);
  if (owner) members.set('owner', owner);
  if (both?.kind === 'array') members.set('list', { kind: 'array', items: [...list.items, ...both.items] });
}
