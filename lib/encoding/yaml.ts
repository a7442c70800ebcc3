import type { Document, Scalar, ScalarTag, Tags } from 'yaml';
import { isObject } from '../data.js';
import { DecodeError } from '../errors.js';
import { isJsonNumber, JsonNumber } from '../json-number.js';
import { lazyPeer } from '../peer.js';
import type { Data } from '../proxy.js';
import type { EncodedBody, Encoding } from './encoding.js';
import { MAX_DEPTH, TOO_DEEP } from './limits.js';
import { toText } from './text.js';

const yamlPackage = lazyPeer('yaml', 'The encoding "yaml"', () => import('yaml'));

const NOT_YAML = 'it is not valid YAML, or more than one document';
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Writes exact numbers as the literals they hold. */
const exactNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: isJsonNumber,
  resolve: (text) => text,
  test: /(?!)/,
  stringify: ({ value }) => String(value),
};

async function decodeYaml(body: Buffer): Promise<Data | null> {
  const text = toText(body);
  const { parseDocument, visit } = await yamlPackage.load();
  const value = read(() => {
    const document = parseDocument(text, { version: '1.2', schema: 'core', logLevel: 'error', strict: true });
    if (document.errors.length > 0) throw new DecodeError(NOT_YAML);
    visit(document, {
      Scalar(place, node) {
        if (place !== 'key') keepDigits(node);
      },
    });
    return document.toJS({ maxAliasCount: 100 });
  });
  const clean = withoutProto(value, 1);
  if (Array.isArray(clean)) return { collection: clean };
  if (clean === null || isObject(clean)) return clean;
  throw new DecodeError('it is neither a mapping nor a sequence');
}

/** The package throws errors that quote the document, and runs out of stack on deep ones. */
function read(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof DecodeError) throw error;
    throw new DecodeError(error instanceof RangeError ? TOO_DEEP : NOT_YAML);
  }
}

function keepDigits(node: Scalar): void {
  const { source, value } = node;
  if (typeof value !== 'number' || source === undefined || String(value) === source || !NUMBER.test(source)) return;
  node.value = new JsonNumber(source);
}

/** A copy without `__proto__`, and without sharing where the document has aliases. */
function withoutProto(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || isJsonNumber(value)) return value;
  if (depth > MAX_DEPTH) throw new DecodeError(TOO_DEEP);
  if (Array.isArray(value)) return value.map((item) => withoutProto(item, depth + 1));
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__');
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutProto(item, depth + 1)]));
}

async function encodeYaml(data: Data | null): Promise<EncodedBody> {
  const { Document } = await yamlPackage.load();
  const document: Document = new Document(data, {
    aliasDuplicateObjects: false,
    customTags: (tags): Tags => [exactNumber, ...tags],
  });
  return { contentType: 'application/yaml; charset=utf-8', body: document.toString({ lineWidth: 0 }) };
}

/** YAML 1.2, one document; needs the package `yaml`. A sequence goes under `collection`. */
export const yaml: Encoding = {
  name: 'yaml',
  decoder: () => decodeYaml,
  encode: encodeYaml,
  fault: yamlPackage.fault,
};
