/** A bug to plant: what to replace in which file of the built gateway, and which invariants have to notice. */
export interface Sabotage {
  readonly name: string;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
  readonly caughtBy: readonly string[];
  /** The component it lives in; without that file it is pending. */
  readonly needs?: string;
  /** It is looked for after the load, in a phase of its own. */
  readonly isInPhase?: boolean;
}

/** The bugs of which each has happened to somebody. */
export const sabotages: readonly Sabotage[] = [
  {
    name: 'no deadline',
    edits: [
      {
        file: 'core/deadline.js',
        find: 'const timer = setTimeout(onTimeout, milliseconds);',
        replace: 'const timer = setTimeout(onTimeout, milliseconds + 60_000);',
      },
    ],
    caughtBy: ['I3', 'I4'],
  },
  {
    name: 'no abort when the client leaves',
    edits: [
      {
        file: 'router/handler.js',
        find: "deadline.cancel(new EndpointError('ERR_CLIENT_CLOSED'",
        replace: "void (new EndpointError('ERR_CLIENT_CLOSED'",
      },
    ],
    // Calls of clients that have left keep their place in a full pool, however slow the machine is.
    caughtBy: ['I5', 'I15', 'I2'],
  },
  {
    name: 'decoded objects shared between requests',
    edits: [
      {
        file: 'backend/exchange.js',
        find: 'return { data: format ? format(data) : data, isComplete, metadata };',
        replace:
          'return { data: Object.assign((globalThis.shared ??= {}), format ? format(data) : data), isComplete, metadata };',
      },
    ],
    caughtBy: ['I1', 'I2'],
  },
  {
    name: 'merged in the order of arrival',
    edits: [
      {
        file: 'endpoint/parallel.js',
        find: 'return Promise.all(clients.map(ask)).then((outcomes) => {',
        replace:
          'const outcomes = []; return Promise.all(clients.map((client) => ask(client).then((outcome) => outcomes.push(outcome)))).then(() => {',
      },
    ],
    caughtBy: ['I2'],
  },
  {
    name: 'numbers as floats',
    edits: [
      {
        file: 'encoding/json-exact.js',
        find: 'if (String(value) === token)',
        replace: 'if (true)',
      },
    ],
    caughtBy: ['I2'],
  },
  {
    name: 'no limit on the size of answers',
    edits: [
      {
        file: 'transport/inflate.js',
        find: 'const largest = Math.max(1, Math.min(maxBody, LARGEST_BUFFER));',
        replace: 'const largest = LARGEST_BUFFER;',
      },
      { file: 'transport/turn.js', find: 'this.#received > owner.maxBody', replace: 'false' },
      { file: 'transport/turn.js', find: 'this.#owner.maxBody + FRAMING_ALLOWANCE', replace: 'Infinity' },
    ],
    caughtBy: ['I2', 'I12', 'I10'],
  },
  {
    name: 'inflating without a strict end',
    edits: [
      {
        file: 'transport/inflate.js',
        find: '{ info: true, maxOutputLength: largestSync }',
        replace: '{ info: true, maxOutputLength: largestSync, finishFlush: 2 }',
      },
    ],
    caughtBy: ['I2'],
  },
  {
    name: 'two half-open probes',
    needs: 'components/breaker.js',
    edits: [
      {
        file: 'components/breaker.js',
        find: 'state.probe = { since: at };',
        replace: 'state.probes = (state.probes ?? 0) + 1; if (state.probes >= 2) state.probe = { since: at };',
      },
    ],
    caughtBy: ['G8'],
  },
  {
    name: 'no limit on calls under way',
    needs: 'backend/call-limit.js',
    edits: [{ file: 'backend/call-limit.js', find: 'if (pending >= limit)', replace: 'if (pending >= Infinity)' }],
    caughtBy: ['G6'],
  },
  {
    name: 'retries without a budget',
    needs: 'backend/retry.js',
    edits: [{ file: 'backend/retry.js', find: 'budget--;', replace: '' }],
    caughtBy: ['G7'],
  },
  {
    name: 'POST repeated',
    edits: [
      {
        file: 'transport/exchange.js',
        find: "new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])",
        replace: "new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST'])",
      },
    ],
    caughtBy: ['I6'],
  },
  {
    name: "the client's TE header passed on",
    edits: [{ file: 'core/http-headers.js', find: "'te',", replace: '' }],
    caughtBy: ['I7'],
  },
  {
    name: 'the raw path in the log',
    edits: [
      {
        file: 'router/handler.js',
        find: 'log.failed(error);',
        replace: "log.failed(error); logger.error({ path: request.url }, 'not served');",
      },
    ],
    caughtBy: ['I8'],
  },
  {
    name: "the backend's URL in the error body",
    edits: [
      {
        file: 'transport/exchange.js',
        find: 'this.name = settings.name;',
        replace: 'this.name = settings.name + " at " + request.url;',
      },
      {
        file: 'response/error-response.js',
        find: 'returnErrorMsg && !isOwnFault ? textOf(error) : clientTextOf(error)',
        replace: 'textOf(error)',
      },
      {
        file: 'response/error-response.js',
        find: 'returnErrorMsg || isOwnFault ? message',
        replace: 'true ? message',
      },
    ],
    caughtBy: ['I8', 'I2'],
  },
  {
    name: 'a waiting call that gives up stays in the queue',
    isInPhase: true,
    edits: [{ file: 'transport/pool.js', find: 'forget: origin.waiting.remove', replace: 'forget: ignore' }],
    caughtBy: ['I15', 'I2', 'I5'],
  },
  {
    name: 'retired plans are remembered',
    isInPhase: true,
    edits: [
      {
        file: 'lifecycle.js',
        find: '.finally(() => retiring.delete(old));',
        replace: '.finally(() => (globalThis.retired ??= []).push(old, retiring.delete(old)));',
      },
    ],
    caughtBy: ['I10'],
  },
  {
    name: 'the deadline is let go when the answer is written',
    isInPhase: true,
    edits: [
      {
        file: 'router/handler.js',
        find: 'if (!body && !response.headersSent)',
        replace: 'if (!body && response.headersSent) deadline.dispose();\nif (!body && !response.headersSent)',
      },
    ],
    caughtBy: ['I4', 'I15'],
  },
  {
    name: 'the last connection is used again at once',
    isInPhase: true,
    edits: [
      {
        file: 'transport/pool.js',
        find: 'const connection = idle.first;',
        replace: 'const connection = [...idle.values()].at(-1);',
      },
      { file: 'transport/pool.js', find: 'const isRested = rest === 0', replace: 'const isRested = true' },
    ],
    caughtBy: ['I1'],
  },
];
