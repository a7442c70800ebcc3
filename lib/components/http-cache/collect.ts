import { PassThrough, pipeline, type Readable } from 'node:stream';
import { Collector } from '../../core/collect.js';
import { BackendError } from '../../errors.js';

/**
 * The whole of a body, or, where it is larger than `limit` bytes, a stream of it: what was read and what is still to come.
 * Rejects when it breaks off.
 */
export function collect(name: string, body: Readable | Buffer, limit: number): Promise<Buffer | Readable> {
  return Buffer.isBuffer(body) ? Promise.resolve(body) : read(name, body, limit);
}

function read(name: string, body: Readable, limit: number): Promise<Buffer | Readable> {
  return new Promise(function collecting(resolve, reject) {
    const content = new Collector();

    function onData(chunk: Buffer | string): void {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      content.add(bytes);
      if (content.size <= limit) return;
      detach();
      body.pause();
      const whole = new PassThrough();
      whole.write(content.take());
      // The reader of it gets its failure.
      pipeline(body, whole, ignore);
      resolve(whole);
    }

    function onEnd(): void {
      detach();
      const bytes = content.take();
      // What is stored must not keep alive all that was read together with it.
      resolve(bytes.length < bytes.buffer.byteLength ? Buffer.from(bytes) : bytes);
    }

    function onCut(error?: Error): void {
      detach();
      reject(error ?? new BackendError('ERR_BACKEND_CONNECTION', `${name}: the body ended before it was complete.`));
    }

    function detach(): void {
      body.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      body.on('error', ignore);
    }

    body.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
  });
}

function ignore(): void {}
