// The types of a configuration, with what their options mean above each of them.

import { defaultText } from './json-schema.mjs';

const HEAD = '// Written by `npm run generate` from the schemas; changes are lost.\n';

/** @param {string} text must not end the comment */
function comment(text, indent) {
  return `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n`;
}

const UNITS = { bytes: 'In bytes.', seconds: 'In seconds.' };

function meaningOf(json) {
  const { description = '', label, isIdle } = json;
  const text = /[.!?]$/.test(description) ? description : `${description}.`;
  const shown = isIdle || text.includes('Default: ') ? undefined : defaultText(json);
  return [text, UNITS[label], shown && `Default: ${shown}.`].filter(Boolean).join(' ');
}

/** @returns {string} the type of a value */
function typeOf(json, indent) {
  if (json.ts) return json.ts;
  if (json.anyOf) return json.anyOf.map((member) => typeOf(member, indent)).join(' | ');
  if (json.enum) return json.enum.map((value) => literal(value)).join(' | ');
  if (json.const !== undefined) return literal(json.const);
  if (json.type === 'array') {
    const item = typeOf(json.items ?? {}, indent);
    return `readonly ${/[|&]/.test(item) && !item.startsWith('{') ? `(${item})` : item}[]`;
  }
  if (json.type === 'object' && json.properties) return `Comments & ${membersOf(json, `${indent}  `)}`;
  if (json.type === 'object') {
    return typeof json.additionalProperties === 'object'
      ? `Readonly<Record<string, ${typeOf(json.additionalProperties, indent)}>>`
      : 'object';
  }
  return { string: 'string', integer: 'number', number: 'number', boolean: 'boolean' }[json.type] ?? 'unknown';
}

function literal(value) {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function keyOf(name) {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
}

/** The members of an object, braces included. */
function membersOf(json, indent, oldNames = () => []) {
  const required = new Set(json.required);
  const members = Object.entries(json.properties).flatMap(([name, member]) => {
    const type = typeOf(member, indent);
    const mark = required.has(name) || member.isRequired ? '' : '?';
    const old = oldNames(name).map(
      (other) => `${comment(`@deprecated Write \`${name}\`.`, indent)}${indent}readonly ${other}?: ${type};\n`,
    );
    const text = member.deprecated ? `@deprecated ${member.description ?? 'An older name.'}` : meaningOf(member);
    return [`${comment(text, indent)}${indent}readonly ${keyOf(name)}${mark}: ${type};\n`, ...old];
  });
  return `{\n${members.join('')}${indent.slice(2)}}`;
}

/** @param {{ name: string, text: string, json: object, isGeneric?: boolean }[]} objects */
export function writeCoreTypes(objects, levels, oldNames) {
  const generic = '<Extra extends ExtraTypes = ExtraTypes>';
  const interfaces = objects.map(
    ({ name, text, json, isGeneric }) =>
      `${comment(text, '')}export interface ${name}${isGeneric ? generic : ''} extends Comments ${membersOf(json, '  ', oldNames)}\n`,
  );
  const extras = levels.map(({ level, text, members }) => {
    const type = `${level.charAt(0).toUpperCase()}${level.slice(1)}Extra`;
    const lines = members.map(({ namespace, input, names }) => {
      const deprecated = names
        .slice(1)
        .map((name) => `${comment(`@deprecated Write \`${namespace}\`.`, '    ')}    readonly '${name}'?: ${input};\n`);
      return `    readonly ${keyOf(namespace)}?: ${input};\n${deprecated.join('')}`;
    });
    return `${comment(text, '')}export type ${type}<Extra extends ExtraTypes> = Extra['${level}'] &\n  Comments &\n  LongNamespaces & {\n${lines.join('')}  };\n`;
  });
  return `${HEAD}import type { Comments, Duration, ExtraTypes, LongNamespaces, Method } from './types.js';\n\n${[...interfaces, ...extras].join('\n')}`;
}

/** `qos/circuit-breaker` → `QosCircuitBreakerInput`. */
function inputName(namespace) {
  const words = namespace.split(/[/-]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Input`;
}

/** @param {{ namespace: string, aliases: string[], levels: string[], json: object }[]} components */
export function writeComponentTypes(components) {
  const interfaces = components.map(({ namespace, json }) => {
    const text = comment(json.properties ? `Options of \`${namespace}\`.` : meaningOf(json), '');
    const name = inputName(namespace);
    if (!json.properties) return `${text}export type ${name} = ${typeOf(json, '')};\n`;
    return `${text}export interface ${name} ${membersOf(json, '  ')}\n`;
  });
  const levels = ['service', 'endpoint', 'backend'].map((level) => {
    const members = components
      .filter((component) => component.levels.includes(level))
      .map(({ namespace }) => `    readonly '${namespace}'?: ${inputName(namespace)};\n`);
    return `  readonly ${level}: {\n${members.join('')}  };\n`;
  });
  const text =
    'What `extra_config` may hold of the built-in components, level by level: a wrong option is red in the editor.';
  const used = ['Comments', 'Duration'].filter((name) => interfaces.some((one) => one.includes(name)));
  return `${HEAD}import type { ${used.join(', ')} } from '../config/types.js';\n\n${interfaces.join('\n')}\n${comment(text, '')}export interface BuiltInExtraConfig {\n${levels.join('')}}\n`;
}
