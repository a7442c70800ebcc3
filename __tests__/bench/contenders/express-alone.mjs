// What Express 5 takes by itself: it answers with a finished text, and calls no backend.
import express from 'express';
import { expectedAnswer, MOUNT } from '../cases.mjs';

export function create(measured) {
  const body = Buffer.from(JSON.stringify(expectedAnswer(measured)));
  const head = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };
  return express().use(MOUNT, function answer(_request, response) {
    response.writeHead(200, head);
    response.end(body);
  });
}
