import express from 'express';
import proxy from 'express-http-proxy';
import { MOUNT } from '../cases.mjs';

// It keeps its connections by Node's global agent, and cannot stream an answer it might be asked to change.
export function create({ calls: [{ origin }] }, origins) {
  return express().use(MOUNT, proxy(origins[origin], { limit: '4mb' }));
}
