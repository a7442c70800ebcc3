import axios, { Axios } from 'axios';
import { describe, expect, it } from 'vitest';
import type { WireRequest } from '../../lib/transport/exchange.js';
import type { BackendResponse } from '../../lib/transport/transport.js';
import { createAxios, EXCHANGE, isOwnAxios, isUntouched } from '../../lib/transport/undici-adapter.js';

describe('an instance', () => {
  it('is told from those of others', () => {
    expect(isOwnAxios(createAxios())).toBe(true);
    for (const other of [axios, axios.create(), new Axios(), { request: () => {} }])
      expect(isOwnAxios(other)).toBe(false);
  });

  it.each<[string, (instance: ReturnType<typeof createAxios>) => void]>([
    ['a request interceptor', (instance) => void instance.interceptors.request.use((config) => config)],
    ['a response interceptor', (instance) => void instance.interceptors.response.use((response) => response)],
    ['a default', (instance) => void Object.assign(instance.defaults, { timeout: 1 })],
    ['another adapter', (instance) => void Object.assign(instance.defaults, { adapter: 'fetch' })],
    ['another `request`', (instance) => void Object.assign(instance, { request: () => Promise.resolve() })],
  ])('is no longer untouched with %s', (_title, touch) => {
    const instance = createAxios();
    expect(isUntouched(instance)).toBe(true);
    touch(instance);
    expect(isUntouched(instance)).toBe(false);
  });
});

describe('the adapter', () => {
  async function exchanged(config: object, response: Partial<BackendResponse> = {}) {
    const requests: WireRequest[] = [];
    const instance = createAxios();
    const answer = await instance.request({
      ...config,
      [EXCHANGE]: (request: WireRequest) => {
        requests.push(request);
        return Promise.resolve({ status: 200, headers: Object.create(null), body: Buffer.alloc(0), ...response });
      },
    } as object);
    return { request: requests[0]!, answer, instance };
  }

  it('hands on what an interceptor may have made of the request', async () => {
    const { request } = await exchanged({
      url: '/users',
      baseURL: 'http://api',
      params: { page: 2 },
      method: 'post',
      headers: { 'X-A': '1', 'content-type': false },
      data: Buffer.from('x'),
    });
    expect(request).toMatchObject({ method: 'POST', url: 'http://api/users?page=2', headers: ['x-a', '1'] });
    expect(String(request.body)).toBe('x');
  });

  it.each([
    [{ url: '/users', baseURL: 'http://api' }, 'http://api/users'],
    [{ url: 'http://api/users', params: { page: 2 } }, 'http://api/users?page=2'],
    [{ url: 'http://api/users?a=[1]' }, 'http://api/users?a=[1]'],
  ])('makes one URL of %o', async (config, url) => {
    expect((await exchanged(config)).request).toMatchObject({ method: 'GET', url });
  });

  it('answers with headers as axios has them', async () => {
    const headers = Object.assign(Object.create(null), {
      'content-type': 'a/b',
      'set-cookie': ['a=1', 'b=2'],
      get: 'c',
    });
    const { answer } = await exchanged({ url: 'http://api/' }, { status: 404, headers, body: Buffer.from('text') });
    expect(answer).toMatchObject({ status: 404, data: Buffer.from('text') });
    expect(answer.headers['content-type']).toBe('a/b');
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect((answer.headers as { get(name: string): unknown }).get('Content-Type')).toBe('a/b');
    // An interceptor may chain it.
    expect((answer.headers as { normalize(format: boolean): unknown }).normalize(false)).toBe(answer.headers);
  });
});
