import { joinNodes, mergeNodes, type Node, objectNode } from './json-text.js';
import type { Answer, Contribution, Role } from './shapes.js';

// The independent model of how contributions, in declared order, make an answer.

const FAILED: Answer = { status: 500, isComplete: false, node: undefined };

function isNull(node: Node): boolean {
  return node.kind === 'raw' && node.text === 'null';
}

function isBare(node: Node): boolean {
  return node.kind === 'object' && node.members.size === 0;
}

/** What one backend's document is when its list has a key and its options have shaped it. */
function shaped(node: Node, role: Role | undefined): Node {
  const wrapped: Node = node.kind === 'array' ? objectNode([['collection', node]]) : node;
  return role?.reshape && !isNull(wrapped) ? role.reshape(wrapped) : wrapped;
}

export function single([part = 'fail']: readonly Contribution[], [role]: readonly Role[]): Answer {
  if (part === 'fail') return FAILED;
  if (part === 'empty') return { status: 200, isComplete: true, node: objectNode([]) };
  const node = shaped(part.node, role);
  return { status: 200, isComplete: !isNull(node) && !isBare(node) && !part.isUnsure, node };
}

export function merged(parts: readonly Contribution[], roles: readonly Role[], merge = mergeNodes): Answer {
  if (parts.every((part) => part === 'fail')) return FAILED;
  let isComplete = true;
  let isEmpty = true;
  let node: Node = objectNode([]);
  for (const [index, part] of parts.entries()) {
    const role = roles[index];
    if (part === 'fail') isComplete = false;
    else if (part !== 'empty') {
      isEmpty = false;
      if (part.isUnsure) isComplete = false;
      const wrapped = shaped(part.node, role);
      if (role?.group !== undefined) node = merge(node, objectNode([[role.group, wrapped]]));
      else if (isNull(wrapped)) isComplete = false;
      else node = merge(node, wrapped);
    }
  }
  return { status: 200, isComplete: isComplete && (isEmpty || !isBare(node)), node };
}

export function concatenated(parts: readonly Contribution[], roles: readonly Role[]): Answer {
  return merged(parts, roles, joinNodes);
}

/** The second backend is called with what the first one said; without that it is not called, and counts as failed. */
export function chained([first = 'fail', second = 'fail']: readonly Contribution[], roles: readonly Role[]): Answer {
  if (first === 'fail') return FAILED;
  const hasValues = first !== 'empty' && first.node.kind === 'object';
  return merged([first, hasValues ? second : 'fail'], roles);
}
