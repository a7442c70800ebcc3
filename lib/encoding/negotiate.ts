import type { Data } from '../proxy.js';
import type { EncodeContext, EncodedBody, Encoder, Encoding } from './encoding.js';
import { json } from './json.js';
import { xml } from './xml.js';
import { yaml } from './yaml.js';

interface Offer {
  readonly type: string;
  readonly encode: Encoder;
  /** Whether a document can be written in this format; absent where every one can. */
  readonly fits?: (data: Data | null) => boolean;
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

/** In the order of preference between types that the client likes equally well. */
const OFFERS: readonly Offer[] = [
  ...offer(json, 'application/json'),
  ...offer(yaml, 'text/plain'),
  ...offer(xml, 'application/xml', 'text/xml'),
  ...offer(yaml, 'application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'),
  { type: 'application/rss+xml', encode: encodeRss, fits: isRss },
];

const WEIGHT = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i;

function offer({ encode }: Encoding, ...types: string[]): Offer[] {
  return types.map((type) => ({ type, encode: encode as Encoder }));
}

/** A document that was a feed is one again when it is written as XML. */
function isRss(data: Data | null): boolean {
  return data !== null && Object.keys(data).join() === 'rss';
}

async function encodeRss(data: Data | null, context: EncodeContext): Promise<EncodedBody> {
  const { body } = await (xml.encode as Encoder)(data, context);
  return { contentType: 'application/rss+xml; charset=utf-8', body };
}

async function encodeNegotiated(data: Data | null, context: EncodeContext): Promise<EncodedBody> {
  const { encode } = choose(context.accept, data) ?? (OFFERS[0] as Offer);
  return { ...(await encode(data, context)), vary: 'Accept' };
}

/** The offer the client likes best: by its q values, then by the order it wrote them in, then by ours. */
function choose(accept: string | undefined, data: Data | null): Offer | undefined {
  if (accept === undefined) return undefined;
  const ranges = accept.split(',').map(toRange);
  let best: Offer | undefined;
  let bestQuality = 0;
  let bestPlace = Number.POSITIVE_INFINITY;
  for (const candidate of OFFERS) {
    const place = placeOf(candidate.type, ranges);
    const quality = ranges[place]?.quality ?? 0;
    if (quality < bestQuality || quality === 0 || (quality === bestQuality && place >= bestPlace)) continue;
    if (candidate.fits?.(data) === false || (candidate.encode === yaml.encode && !canWriteYaml())) continue;
    [best, bestQuality, bestPlace] = [candidate, quality, place];
  }
  return best;
}

let writesYaml: boolean | undefined;

/** Looked up once, when a client first asks for it: without its package YAML is just not among the offers. */
function canWriteYaml(): boolean {
  writesYaml ??= yaml.fault?.() === undefined;
  return writesYaml;
}

function toRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';');
  const weight = parameters.map((parameter) => WEIGHT.exec(parameter)?.[1]).find((match) => match !== undefined);
  return { type: type.trim().toLowerCase(), quality: Number(weight ?? 1) };
}

/** Where the range stands that speaks of a type most precisely: by name, by `type/*`, by a star and a slash and a star. */
function placeOf(type: string, ranges: readonly Range[]): number {
  const family = `${type.slice(0, type.indexOf('/'))}/*`;
  for (const pattern of [type, family, '*/*']) {
    const place = ranges.findIndex((range) => range.type === pattern);
    if (place !== -1) return place;
  }
  return -1;
}

/** JSON, XML, YAML or RSS, as the client's `Accept` asks; JSON when it asks for none of them. */
export const negotiate: Encoding = { name: 'negotiate', encode: encodeNegotiated };
