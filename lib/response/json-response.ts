import type { ServerResponse } from 'node:http';
import { cutUnlessTaken } from './cut.js';

/** Sends a document of the gateway's own. */
export function sendJson(response: ServerResponse, status: number, document: unknown): void {
  const body = Buffer.from(JSON.stringify(document));
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Length', body.length);
  response.end(body);
  cutUnlessTaken(response);
}
