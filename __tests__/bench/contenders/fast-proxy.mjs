import express from 'express';
import fastProxy from 'fast-proxy';
import { MOUNT } from '../cases.mjs';

export function create({ calls: [{ origin }] }, origins) {
  const { proxy } = fastProxy({ base: origins[origin], undici: true });
  return express().use(MOUNT, (request, response) => proxy(request, response, request.url, {}));
}
