import { isObject } from '../core/data.js';
import { lazyPeer } from '../core/peer.js';
import { DecodeError } from '../errors.js';
import type { Data } from '../proxy.js';
import type { EncodedBody, Encoding } from './encoding.js';
import { toText } from './text.js';
import { readYaml } from './yaml-read.js';
import { writeYaml } from './yaml-write.js';

const yamlPackage = lazyPeer('yaml', 'The encoding "yaml"', () => import('yaml'));

async function decodeYaml(body: Buffer): Promise<Data | null> {
  const value = await readYaml(toText(body), await yamlPackage.load());
  if (Array.isArray(value)) return { collection: value };
  if (value === null || isObject(value)) return value;
  throw new DecodeError('it is neither a mapping nor a sequence');
}

function encodeYaml(data: Data | null): EncodedBody {
  return { contentType: 'application/yaml; charset=utf-8', body: writeYaml(data) };
}

/** YAML 1.2, one document; needs the package `yaml`. A sequence goes under `collection`. */
export const yaml: Encoding = {
  name: 'yaml',
  decoder: () => decodeYaml,
  encode: encodeYaml,
  ignoresSpace: true,
  fault: yamlPackage.fault,
};
