import { describe, expect, test } from 'vitest';
import { RequestError } from '../../lib/errors.js';
import { createQueryReader } from '../../lib/request/query.js';

function textOf(names: string[] | undefined, query: string): string {
  return createQueryReader(names)(query)
    .map((pair) => pair.text)
    .join('&');
}

function refusal(names: string[], query: string): unknown {
  try {
    return textOf(names, query);
  } catch (error) {
    return error instanceof RequestError ? [error.status, error.code] : error;
  }
}
const REFUSED = [400, 'ERR_REQUEST_QUERY'];

test.each([undefined, [], ['']])('nothing passes when nothing is declared: %j', (names) => {
  expect(textOf(names, 'a=1&b=2')).toBe('');
});

test('without a declared key nothing is even parsed', () => {
  expect(createQueryReader([])('%zz&'.repeat(5000))).toEqual([]);
});

describe('U10 declared pairs', () => {
  test('pass in their order with all their values', () => {
    expect(textOf(['b', 'a'], 'a=1&x=9&b=2&a=3')).toBe('a=1&b=2&a=3');
  });

  test('are compared with their case', () => {
    expect(textOf(['id'], 'ID=1&Id=2&id=3')).toBe('id=3');
  });

  test('are compared after decoding and keep their text', () => {
    expect(createQueryReader(['a b'])('a+b=1&a%20b=%7e')).toEqual([
      { name: 'a b', value: '1', text: 'a+b=1' },
      { name: 'a b', value: '~', text: 'a%20b=%7e' },
    ]);
  });

  test('keep `+` and `%20`, empty values and missing ones apart', () => {
    expect(createQueryReader(['*'])('a=1+2%203&b=&c&=d&&e=f=g')).toEqual([
      { name: 'a', value: '1 2 3', text: 'a=1+2%203' },
      { name: 'b', value: '', text: 'b=' },
      { name: 'c', value: '', text: 'c' },
      { name: '', value: 'd', text: '=d' },
      { name: 'e', value: 'f=g', text: 'e=f=g' },
    ]);
  });

  test('nested names are plain names', () => {
    expect(textOf(['a'], 'a[__proto__][x]=1&a[]=2&__proto__=3&a=4')).toBe('a=4');
    expect(createQueryReader(['*'])('__proto__=1&constructor=2').map(({ name }) => name)).toEqual([
      '__proto__',
      'constructor',
    ]);
  });

  test('up to 10,000 pairs, whatever they are', () => {
    const pairs = (count: number) => Array.from({ length: count }, () => 'x=1').join('&');
    expect(createQueryReader(['*'])(pairs(10_000))).toHaveLength(10_000);
    expect(refusal(['*'], pairs(10_001))).toEqual(REFUSED);
    expect(refusal(['a'], pairs(10_001))).toEqual(REFUSED);
  });
});

describe('U03 what does not belong into a URL', () => {
  test('is encoded byte by byte; everything else is passed on as it is', () => {
    for (let code = 0; code < 256; code++) {
      const character = String.fromCharCode(code);
      if ('&=%+'.includes(character)) continue;
      const [pair] = createQueryReader(['*'])(`a=${encodeURIComponent(character)}`);
      expect(pair?.text).toBe(`a=${encodeURIComponent(character)}`);
      expect(pair?.value).toBe(character);
      // A byte above 127 alone is no UTF-8.
      if (code > 127) continue;
      const [raw] = createQueryReader(['*'])(`a=${character}`);
      expect(raw?.text).toMatch(/^a=(?:[!$'()*,\-./:?@_~A-Za-z0-9]|%[0-9A-F]{2})$/);
      expect(raw?.value).toBe(character);
    }
  });

  test('raw UTF-8 arrives as latin1 and leaves encoded', () => {
    const raw = Buffer.from('q=caf\u00e9').toString('latin1');
    expect(createQueryReader(['q'])(raw)).toEqual([{ name: 'q', value: 'caf\u00e9', text: 'q=caf%C3%A9' }]);
  });

  test('a fragment cannot cut the query', () => {
    expect(textOf(['a', 'b'], 'a=1#&b=2')).toBe('a=1%23&b=2');
  });

  test('no brace leaves', () => {
    expect(textOf(['*'], 'a={JWT.sub}')).toBe('a=%7BJWT.sub%7D');
  });
});

test.each(['utm=50%', 'a=%', 'a=%zz', 'a=%E0%A4%A', '%=1', '%zz=1', '%'])(
  'U04 the pair %s cannot be decoded and is left out alone',
  (pair) => {
    for (const names of [['*'], ['a', 'b', 'utm', '%', '%zz']]) {
      expect(textOf(names, `b=1&${pair}&b=2`)).toBe('b=1&b=2');
      expect(textOf(names, pair)).toBe('');
    }
  },
);

test.each([
  ['a=caf%E9&b=1', 'caf\ufffd'],
  ['a=%C0%AF&b=1', '\ufffd\ufffd'],
  ['a=%E0%A4&b=1', '\ufffd'],
])('U04 bytes that are no UTF-8 pass as they are: %s', (query, value) => {
  expect(textOf(['a', 'b'], query)).toBe(query);
  expect(createQueryReader(['*'])(query)[0]?.value).toBe(value);
});

test('U04 raw bytes that are no UTF-8 pass encoded', () => {
  expect(textOf(['*'], 'a=caf\u00e9&pr\u00e9nom=x')).toBe('a=caf%E9&pr%E9nom=x');
  expect(textOf(['pr\u00e9nom'], 'pr\u00e9nom=x&pr%E9nom=y&pr%C3%A9nom=z')).toBe('pr%C3%A9nom=z');
});

test('U04 a character that is no byte does not come from the wire and is refused', () => {
  expect(refusal(['a'], 'a=\u20ac')).toEqual(REFUSED);
});

test('brackets and bars leave encoded: no query of RFC 3986 has them', () => {
  expect(createQueryReader(['*'])('ids[]=1|2&f[a][b]=[x]')).toEqual([
    { name: 'ids[]', value: '1|2', text: 'ids%5B%5D=1%7C2' },
    { name: 'f[a][b]', value: '[x]', text: 'f%5Ba%5D%5Bb%5D=%5Bx%5D' },
  ]);
  expect(textOf(['ids[]'], 'ids[]=1&ids%5B%5D=2')).toBe('ids%5B%5D=1&ids%5B%5D=2');
});

test('U03 whatever bytes come in, a valid query goes out', () => {
  const RFC_3986 = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/;
  let seed = 11;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const pieces = ['a', '%', '%4', '%41', '%E9', '%C3%A9', '=', '&', '[', ']', '|', '+', ';', '#', '%%', '%5'];
  const piece = () => (random(2) === 0 ? pieces[random(pieces.length)]! : String.fromCharCode(random(256)));
  let passed = 0;
  for (let round = 0; round < 4_000; round++) {
    const query = Array.from({ length: random(12) }, piece).join('');
    for (const names of [['*'], ['a', '']]) {
      const text = textOf(names, query);
      if (!RFC_3986.test(text)) throw new Error(`${JSON.stringify(query)} left as ${text}`);
      // Reading it again finds the same pairs.
      expect(textOf(names, text)).toBe(text);
      if (text !== '') passed += 1;
    }
  }
  expect(passed).toBeGreaterThan(2_000);
});

/** Servers that take `;` for `&`, as the older recommendation of HTML has it, beside those that do not. */
const keysOf = (text: string, separator: RegExp) =>
  text.split(separator).map((pair) => decodeURIComponent(pair.split('=')[0]!));

test.each([
  'a=1;admin=1',
  'a=1&a;admin=1',
  'a=;admin=1;b=2',
  'a=1&amp;admin=1',
  'a=1%26admin=1',
  'a=1%3Badmin=1',
  'a=1&;admin=1&a=2',
  'a;admin=1',
  'a=1;;admin',
])('S17 no server finds a key that was not declared: %s', (query) => {
  for (const names of [['a'], ['*']]) {
    const text = textOf(names, query);
    expect(text).not.toContain(';');
    expect(keysOf(text, /[&;]/)).toEqual(keysOf(text, /&/));
  }
  expect(keysOf(textOf(['a'], query), /[&;]/)).not.toContain('admin');
});

test('S17 a semicolon stays a part of names and values', () => {
  expect(createQueryReader(['a', 'b;c'])('a=1;2&b;c=3')).toEqual([
    { name: 'a', value: '1;2', text: 'a=1%3B2' },
    { name: 'b;c', value: '3', text: 'b%3Bc=3' },
  ]);
});

test('any query of declared pairs comes back byte for byte', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const alphabet = [
    'a',
    'B',
    '0',
    '-',
    '.',
    '_',
    '~',
    '+',
    '%20',
    '%2B',
    '%C3%A9',
    '!',
    '*',
    "'",
    '(',
    ')',
    '%3B',
    ':',
    '@',
    ',',
    '/',
    '?',
    '$',
  ];
  const word = () => Array.from({ length: random(6) }, () => alphabet[random(alphabet.length)]).join('');
  for (let round = 0; round < 500; round++) {
    const pairs = Array.from({ length: 1 + random(8) }, () => `k${random(3)}=${word()}`);
    expect(textOf(['*'], pairs.join('&'))).toBe(pairs.join('&'));
    const kept = pairs.filter((pair) => pair.startsWith('k1='));
    expect(textOf(['k1'], pairs.join('&'))).toBe(kept.join('&'));
    for (const pair of createQueryReader(['k1'])(pairs.join('&'))) {
      expect(pair.value).toBe(new URLSearchParams(pair.text).get('k1'));
    }
  }
});
