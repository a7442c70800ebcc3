import type { Call } from './fault-backend.js';
import { LAB, type Route } from './shapes.js';
import { isLetThrough } from './verify.js';

/** Headers that the generator repeats and that may well be repeated. */
const MANY = new Set(['cookie', 'x-lab-ok']);

/** What a hostile request may have turned into: a call of the declared shape, whatever its values. */
export function verifyHostileCall(call: Call, { shape }: Route, report: (message: string) => void): void {
  for (const fault of call.faults) report(`${call.role}: ${fault}`);
  const [path = '', query, ...rest] = call.target.split('?');
  if (rest.length > 0 || call.target.includes('#')) report(`the target has surplus delimiters: ${call.target}`);
  const segments = path.split('/');
  const [, role, value = ''] = segments;
  if (segments.length !== 3 || role !== call.role) report(`the path has another shape: ${call.target}`);
  if (/[^A-Za-z0-9\-._~!$&'()*+,;=:@%]/.test(value)) report(`the param is not encoded: ${call.target}`);
  const decoded = decode(value);
  if (decoded === undefined) report(`the param is not decodable: ${call.target}`);
  else if (decoded === '.' || decoded === '..' || /[\\/?#]/.test(decoded) || hasControls(decoded))
    report(`the param is hostile: ${call.target}`);
  else if (/%[0-9a-f]{2}/i.test(decoded)) report(`the param is encoded twice: ${call.target}`);

  for (const pair of query?.split('&') ?? []) {
    const name = decode(pair.split('=')[0]?.replaceAll('+', ' ') ?? '');
    if (!LAB.queries.some((declared) => declared === name))
      report(`the query key ${name} was not declared: ${call.target}`);
  }
  const seen = new Set<string>();
  for (const [name, text] of call.headers) {
    if (!isLetThrough(name, shape)) report(`the header ${name} was not declared`);
    if (/^x_forwarded/.test(name)) report(`the header ${name} spells one of ours`);
    if (seen.has(name) && !(shape.forwardsAll && MANY.has(name))) report(`the header ${name} came twice`);
    seen.add(name);
    if (name === 'x-forwarded-for' && text !== '127.0.0.1') report(`x-forwarded-for says ${text}`);
    if (name === 'host' && !/^127\.0\.0\.1:\d+$/.test(text)) report(`the Host header is ${text}`);
  }
  if (!seen.has('x-forwarded-for')) report('x-forwarded-for is missing');
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function hasControls(text: string): boolean {
  return [...text].some(function isControl(character) {
    const code = character.codePointAt(0) ?? 0;
    return code < 32 || (code >= 127 && code < 160);
  });
}
