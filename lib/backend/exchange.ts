import type { Readable } from 'node:stream';
import type { BackendConfig } from '../config/resolved.js';
import type { Held } from '../core/buffer-budget.js';
import { findConflict, SINGLE_VALUED } from '../core/http-headers.js';
import type { Decoder } from '../encoding/encoding.js';
import { BackendError, DecodeError, GatewayError } from '../errors.js';
import type { Formatter } from '../manipulation/formatter.js';
import { type BackendRequest, type Data, type Headers, NO_HEADERS, type Proxy, type ProxyResponse } from '../proxy.js';
import type { BackendResponse, Transport } from '../transport/transport.js';
import { createFailureHandler, isSuccess } from './status.js';

export interface ExchangeOptions {
  readonly backend: BackendConfig;
  readonly transport: Transport;
  /** Absent where the answer is passed through. */
  readonly decode: Decoder | undefined;
  readonly format: Formatter | undefined;
  /** Whether a body that was decoded cannot have been cut; where that is missing, it may have been. */
  readonly isWhole?: ((body: Buffer) => boolean) | undefined;
  /** Whether a body of nothing but white space counts as an empty one. */
  readonly ignoresSpace?: boolean | undefined;
  /** Collects a body that a transport handed over as a stream. */
  readonly readBody: (body: Readable, held: Held | undefined) => Promise<Buffer>;
}

/** One exchange: transport, then status, decoder and formatter. */
export function createExchange(options: ExchangeOptions): Proxy<BackendRequest> {
  const { backend, transport, decode, format, isWhole, ignoresSpace, readBody } = options;
  const { name } = backend;
  const handleFailure = createFailureHandler(backend);
  const outputNames = backend.output_headers.map((header) => header.name);
  const singleNames = outputNames.filter((header) => SINGLE_VALUED.has(header));
  const pickHeaders = createHeaderPicker(outputNames);

  function interpret(response: BackendResponse, held: Held | undefined): ProxyResponse | Promise<ProxyResponse> {
    const { body } = response;
    if (Buffer.isBuffer(body)) return interpretBody(response, body);
    return readBody(body, held).then((bytes) => interpretBody(response, bytes));
  }

  function interpretBody(response: BackendResponse, body: Buffer): ProxyResponse | Promise<ProxyResponse> {
    const { status } = response;
    if (!isSuccess(status)) return handleFailure(response, body);
    refuseConflict(response.headers, singleNames);
    const metadata = { status, headers: pickHeaders(response.headers) };
    if (body.length === 0 || (ignoresSpace && isSpace(body)))
      return { data: {}, isComplete: !response.isCloseDelimited, isEmpty: true, metadata };
    // A part that the client has asked for is no whole document.
    const isComplete = status !== 206 && (!response.isCloseDelimited || isWhole?.(body) === true);

    function respond(data: Data | null): ProxyResponse {
      if (typeof data !== 'object' || Array.isArray(data)) throw decodeError('its decoder gave back no object');
      return { data: format ? format(data) : data, isComplete, metadata };
    }
    try {
      const contentType = response.headers['content-type'];
      const decoded = (decode as Decoder)(body, typeof contentType === 'string' ? contentType : undefined);
      return decoded instanceof Promise ? decoded.then(respond, failDecoding) : respond(decoded);
    } catch (error) {
      return failDecoding(error);
    }
  }

  function failDecoding(error: unknown): never {
    if (error instanceof GatewayError) throw error;
    // Other messages may quote the body.
    throw decodeError(error instanceof DecodeError ? error.message : 'it cannot be read');
  }

  function decodeError(reason: string): BackendError {
    return new BackendError(
      'ERR_BACKEND_DECODE',
      `The answer of ${name} is not what its encoding "${backend.encoding}" says: ${reason}`,
    );
  }

  /** A client must not be left to choose between two values. */
  function refuseConflict(headers: Headers, names: Iterable<string>): void {
    const conflict = findConflict(headers, names);
    if (conflict === undefined) return;
    const message = `${name}: the answer breaks HTTP/1.1: two different values of ${conflict}.`;
    throw new BackendError('ERR_BACKEND_PROTOCOL', message);
  }

  function passThrough({ status, headers, body, isCloseDelimited }: BackendResponse): ProxyResponse {
    if (Buffer.isBuffer(body)) refuseConflict(headers, SINGLE_VALUED);
    return { data: {}, isComplete: !isCloseDelimited, metadata: { status, headers }, body };
  }

  const complete = decode ? interpret : passThrough;
  return function exchange(request) {
    return transport(request).then((response) => {
      const { settle } = response;
      return settle ? completeAndSettle(response, settle, request) : complete(response, request.held);
    });
  };

  /** What came from a queue is done with when it has become an answer that a client still waits for. */
  async function completeAndSettle(
    response: BackendResponse,
    settle: NonNullable<BackendResponse['settle']>,
    { signal, held }: BackendRequest,
  ): Promise<ProxyResponse> {
    let answer: ProxyResponse;
    try {
      answer = await complete(response, held);
      signal.throwIfAborted();
    } catch (error) {
      // What has failed already is reported, not how giving it back went.
      await settle(signal.aborted ? 'released' : 'refused').catch(ignore);
      throw error;
    }
    await settle('used');
    return answer;
  }
}

function ignore(): void {}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;

function isSpace(body: Buffer): boolean {
  for (const byte of body) if (byte !== SPACE && byte !== LF && byte !== CR && byte !== TAB) return false;
  return true;
}

/** Of a decoded answer only the named headers go on. */
function createHeaderPicker(names: readonly string[]): (headers: Headers) => Headers {
  if (names.length === 0) return () => NO_HEADERS;
  return function pickHeaders(headers) {
    const picked: Record<string, string | readonly string[]> = Object.create(null);
    for (const name of names) {
      const value = headers[name];
      if (value !== undefined) picked[name] = value;
    }
    return picked;
  };
}
