import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from '../response/json-response.js';

/** `/__health`: the gateway is up and can answer. Says nothing about backends. */
export function answerHealth(_request: IncomingMessage, response: ServerResponse): void {
  sendJson(response, 200, { status: 'ok', agents: {}, now: new Date().toISOString() });
}
