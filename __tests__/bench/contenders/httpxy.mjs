import { Agent } from 'node:http';
import express from 'express';
import { createProxyServer } from 'httpxy';
import { MOUNT } from '../cases.mjs';

export function create({ calls: [{ origin }] }, origins) {
  const proxy = createProxyServer({ target: origins[origin], agent: new Agent({ keepAlive: true }) });
  return express().use(MOUNT, (request, response) => {
    proxy.web(request, response);
  });
}
