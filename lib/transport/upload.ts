import { finished, PassThrough, type Readable } from 'node:stream';

/**
 * A copy of the client's body that may be destroyed: destroying the original would close the client's connection, and
 * there is still an answer to send.
 */
export function detach(source: Readable): Readable {
  const copy = new PassThrough();
  const stopWatching = finished(source, { writable: false }, function onSourceEnd(error) {
    if (error) copy.destroy(error);
  });
  // Whoever reads the copy hears of errors; nobody may be reading yet.
  copy.on('error', ignore);
  copy.once('close', function letGo() {
    stopWatching();
    source.unpipe(copy);
  });
  source.pipe(copy);
  return copy;
}

function ignore(): void {}
