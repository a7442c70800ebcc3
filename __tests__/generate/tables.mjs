// The tables of options in docs, between `<!-- options: NAME -->` and `<!-- end -->`.

import { defaultText } from './json-schema.mjs';

const BEGIN = /<!-- options: (\S+) -->\n[\s\S]*?<!-- end -->/g;

/** @returns {string} what the column "type" says */
function labelOf(json) {
  if (json.label) return json.label;
  if (json.anyOf) return [...new Set(json.anyOf.map(labelOf))].join(' or ');
  if (json.enum)
    return json.enum.every((value) => typeof value === 'string')
      ? 'string'
      : json.enum.map((value) => `\`${value}\``).join(' or ');
  if (json.type === 'array') return `${labelOf(json.items ?? {})}[]`;
  return json.type ?? 'any';
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}

/** Rows of an object; those of named objects inside of it are written with a dot. */
function rowsOf(json, prefix, inner) {
  return Object.entries(json.properties).flatMap(([name, member]) => {
    if (member.isIdle || member.deprecated) return [];
    if (member.properties && inner) return rowsOf(member, `${prefix}${name}.`, inner);
    const isRequired = json.required?.includes(name) || member.isRequired;
    const meaning = [member.description, member.more].filter(Boolean).join(' ');
    return [
      `| \`${prefix}${name}\` | ${cell(labelOf(member))} | ${isRequired ? 'required' : (defaultText(member) ?? '–')} | ${cell(meaning)} |`,
    ];
  });
}

export function tableOf(json, { inner = false, only, without = [] } = {}) {
  const properties = Object.fromEntries(
    Object.entries(json.properties).filter(
      ([name]) => (only === undefined || only.includes(name)) && !without.includes(name),
    ),
  );
  return [
    '| option | type | default | meaning |',
    '|---|---|---|---|',
    ...rowsOf({ ...json, properties }, '', inner),
  ].join('\n');
}

/**
 * @param {string} page its text
 * @param {(name: string) => string | undefined} table of a name
 */
export function fillTables(page, table) {
  return page.replace(BEGIN, (_, name) => {
    const text = table(name);
    if (text === undefined) throw new Error(`There are no options called "${name}".`);
    return `<!-- options: ${name} -->\n${text}\n<!-- end -->`;
  });
}
