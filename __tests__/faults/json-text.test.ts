import { describe, expect, test } from 'vitest';
import { mergeNodes, parseText, printText, withoutProto } from './json-text.js';

const roundTrip = (text: string): string => printText(parseText(text));

describe('the oracle reads JSON', () => {
  test('B04 keeping the text of numbers', () => {
    const text = '[9007199254740993,1e400,-0,0.10,1E2,1.0,123456789012345678901234567890]';
    expect(roundTrip(text)).toBe(text);
  });

  test('as JSON.parse does where no number is odd', () => {
    const text = ' {"b":1,"10":[true,null,{}],"a":"\\u0041\\n\\ud83d\\ude00","2":{"x":[[]]},"b":2} ';
    expect(roundTrip(text)).toBe(JSON.stringify(JSON.parse(text)));
  });

  test.each(['', '{', '[1,]', '{"a":1,}', '01', '1.', '+1', '"\n"', "'a'", '{a:1}', '[1] 2', 'nul', '"\\x"'])(
    'refusing %j',
    (text) => {
      expect(() => parseText(text)).toThrow();
    },
  );
});

test('the oracle drops __proto__ however it is spelt', () => {
  expect(printText(withoutProto(parseText('{"a":[{"__proto__":1,"b":2}],"\\u005f_proto__":3}')))).toBe(
    '{"a":[{"b":2}]}',
  );
});

test('M05 the oracle merges objects at every depth and replaces the rest', () => {
  const merged = mergeNodes(
    parseText('{"a":{"x":1,"l":[1,2]},"b":1,"c":{"d":1}}'),
    parseText('{"b":{"y":2},"a":{"l":[3],"z":null},"c":4}'),
  );
  expect(printText(merged)).toBe('{"a":{"x":1,"l":[3],"z":null},"b":{"y":2},"c":4}');
});
