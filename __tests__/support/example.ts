import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body of a JSON answer, else undefined. */
  readonly json: unknown;
}

export interface RunningExample {
  /** What it printed until it was ready. */
  readonly output: string;
  call(path: string, init?: RequestInit): Promise<Answer>;
  /** Asks it to end; resolves with its exit code and what it wrote to stderr. */
  stop(): Promise<{ code: number | null; errors: string }>;
}

/** Runs a server of `examples/` in a process of its own, on a free port. The package must have been built. */
export async function startExample(file: string): Promise<RunningExample> {
  const child = spawn(process.execPath, [file], { cwd: ROOT, env: { ...process.env, PORT: '0' } });
  const exit = once(child, 'exit');
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ready = new Promise<void>((resolve) => {
    // The lines to try end with an empty one.
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.endsWith('\n\n')) resolve();
    });
  });
  const early = exit.then(([code]) => {
    throw new Error(`${file} ended with ${code} before it was ready:\n${output}${errors}`);
  });
  await Promise.race([ready, early]);
  early.catch(() => {});

  const origin = output.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];

  async function call(path: string, init?: RequestInit): Promise<Answer> {
    const response = await fetch(new URL(path, origin), init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
  }

  async function stop(): Promise<{ code: number | null; errors: string }> {
    child.kill('SIGTERM');
    const [code] = await exit;
    return { code, errors };
  }

  return { output, call, stop };
}

/** The curl lines of a text as requests. Understands -i, -X, -H, -d, a URL, and single quotes. */
export function curlLines(text: string): { url: string; init: RequestInit }[] {
  return text.split('\n').flatMap((line) => {
    const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    if (words.shift() !== 'curl') return [];
    const headers: Record<string, string> = {};
    const init: RequestInit = { headers };
    let url = '';
    while (words.length > 0) {
      const word = words.shift();
      if (word === '-X') init.method = words.shift() ?? '';
      else if (word === '-d') init.body = words.shift() ?? '';
      else if (word === '-H') {
        const [name = '', value = ''] = (words.shift() ?? '').split(': ');
        headers[name] = value;
      } else if (word !== '-i') url = word ?? '';
    }
    return [{ url, init }];
  });
}
