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
  /** Where it is in the header. */
  readonly place: number;
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

/** The ranges that speak of each type, from the one that does so most precisely. */
const PATTERNS: ReadonlyMap<Offer, readonly string[]> = new Map(
  OFFERS.map((candidate) => {
    const family = candidate.type.slice(0, candidate.type.indexOf('/'));
    return [candidate, [candidate.type, `${family}/*`, '*/*']];
  }),
);
const ALL_PATTERNS: ReadonlySet<string> = new Set([...PATTERNS.values()].flat());

const WEIGHT = /^\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*$/i;

function offer({ encode }: Encoding, ...types: string[]): Offer[] {
  return types.map((type) => ({ type, encode: encode as Encoder }));
}

/** A document that was a feed is one again when it is written as XML. */
function isRss(data: Data | null): boolean {
  return data !== null && Object.hasOwn(data, 'rss') && Object.keys(data).length === 1;
}

async function encodeRss(data: Data | null, context: EncodeContext): Promise<EncodedBody> {
  const { body } = await (xml.encode as Encoder)(data, context);
  return { contentType: 'application/rss+xml; charset=utf-8', body };
}

async function encodeNegotiated(data: Data | null, context: EncodeContext): Promise<EncodedBody> {
  const { encode } = choose(context.accept, data) ?? (OFFERS[0] as Offer);
  return { ...(await encode(data, context)), vary: 'Accept' };
}

const NONE: Range = { place: -1, quality: 0 };

/** The offer the client likes best: by its q values, then by the order it wrote them in, then by ours. */
function choose(accept: string | undefined, data: Data | null): Offer | undefined {
  if (accept === undefined) return undefined;
  const ranges = rangesOf(accept);
  let best: Offer | undefined;
  let bestQuality = 0;
  let bestPlace = Number.POSITIVE_INFINITY;
  for (const candidate of OFFERS) {
    const pattern = PATTERNS.get(candidate)?.find((name) => ranges.has(name)) ?? '';
    const { place, quality } = ranges.get(pattern) ?? NONE;
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

/** The ranges that may decide, however many others a client sends; of equal ones the first. */
function rangesOf(accept: string): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>();
  for (const [place, text] of accept.split(',').entries()) {
    const end = text.indexOf(';');
    const type = (end === -1 ? text : text.slice(0, end)).trim().toLowerCase();
    if (ALL_PATTERNS.has(type) && !ranges.has(type)) ranges.set(type, { place, quality: qualityOf(text) });
  }
  return ranges;
}

function qualityOf(range: string): number {
  for (const parameter of range.split(';').slice(1)) {
    const weight = WEIGHT.exec(parameter)?.[1];
    if (weight !== undefined) return Number(weight);
  }
  return 1;
}

/** JSON, XML, YAML or RSS, as the client's `Accept` asks; JSON when it asks for none of them. */
export const negotiate: Encoding = { name: 'negotiate', encode: encodeNegotiated };
