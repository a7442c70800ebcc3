import { parse } from 'node:querystring';
import express from 'express';
import { describe, expect, test } from 'vitest';
import { writeForm } from '../../lib/request/parsed-form.js';
import { serve } from '../router/wire.js';

const utf8 = (text: string) => Buffer.from(text);

/** What `urlencoded({ extended: true })` makes of a form. */
async function parseExtended(text: string): Promise<object> {
  const app = express().use(express.urlencoded({ extended: true }));
  let body: object = {};
  app.use((request, response) => {
    body = request.body;
    response.end();
  });
  const wire = await serve(app);
  await fetch(`http://127.0.0.1:${wire.port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: text,
  });
  await wire.close();
  return body;
}

const decoded = (text: string) => [...new URLSearchParams(text)];

describe('F06 lists keep the names that the client gave them', () => {
  test.each([
    'ids=7&ids=8',
    'ids[]=7&ids[]=8',
    'ids[]=7',
    'ids%5B%5D=7&ids%5B%5D=8',
    'ids[0]=7&ids[1]=8',
    'a=1&ids[]=7&ids[]=8&b=x+y',
    'a=x+y&ids=7&ids=8',
    'user[tags][]=a&user[tags][]=b&user[name]=c',
    'l[0][x]=1&l[1][x]=2',
    'mail=a@b.c&ids[]=1&ids[]=2',
  ])('%s', async (text) => {
    const written = writeForm(await parseExtended(text), utf8, text.length);
    expect(decoded(written as string)).toEqual(decoded(text));
  });

  test('also those of querystring, whose lists are repeats', () => {
    expect(writeForm(parse('ids=7&ids=8&x[]=1&x[]=2'), utf8, undefined)).toBe('ids=7&ids=8&x%5B%5D=1&x%5B%5D=2');
  });
});

test.each([
  ['several styles', 'ids[]=7&ids[]=8&tags=a&tags=b'],
  ['one of two styles, as spaces can be written in two ways', 'ids[]=7&ids[]=8&b=x%20y'],
  ['another length', 'ids[]=7&ids[]=8 '],
])('F06 a form with lists of %s cannot be told', async (_, text) => {
  expect(writeForm(await parseExtended(text.trim()), utf8, text.length)).toBeUndefined();
});

test('F06 a form with lists of unknown length, or with nothing in them, cannot be told', () => {
  expect(writeForm({ ids: ['7', '8'] }, utf8, undefined)).toBeUndefined();
  expect(writeForm({ ids: [] }, utf8, 0)).toBeUndefined();
});

test('F06 a form without lists can be told whatever its length', () => {
  expect(writeForm({ a: { b: '1', c: '\u00e9' }, 'd e': '~' }, utf8, undefined)).toBe(
    'a%5Bb%5D=1&a%5Bc%5D=%C3%A9&d+e=%7E',
  );
});
