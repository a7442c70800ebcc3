import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { MOUNT } from '../cases.mjs';

export function create({ calls: [{ origin }] }, origins) {
  const proxy = createProxyMiddleware({ target: origins[origin], agent: new Agent({ keepAlive: true }) });
  return express().use(MOUNT, proxy);
}
