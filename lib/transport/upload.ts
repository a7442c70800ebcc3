import { finished, PassThrough, Readable } from 'node:stream';

/**
 * A copy of the client's body that may be destroyed: destroying the original would close the client's connection, and
 * there is still an answer to send.
 */
export function detach(source: Readable): Readable {
  const copy = new PassThrough();
  const stopWatching = finished(source, { writable: false }, function onSourceEnd(error) {
    if (error) copy.destroy(error);
  });
  // The reader of the copy gets errors; there may be no reader yet.
  copy.on('error', ignore);
  copy.once('close', function letGo() {
    stopWatching();
    source.unpipe(copy);
  });
  source.pipe(copy);
  return copy;
}

/** Whether a body was still being sent when its connection ended. */
export function isCutUpload(body: Readable | Buffer | undefined): boolean {
  return body instanceof Readable && !body.readableEnded;
}

const GONE: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/** Whether an error says that the other side closed a connection. */
export function isSocketGone(error: Error & { code?: unknown }): boolean {
  return GONE.has(error.code);
}

function ignore(): void {}
