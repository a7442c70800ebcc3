import { z } from 'zod';
import { flag } from '../config/fields.js';
import type { BackendConfig } from '../config/resolved.js';
import { isBackendFailure, onStreamEnd } from '../core/backend-failure.js';
import type { Keep } from '../core/reload-state.js';
import { isOwedByClient } from '../core/upload.js';
import { BackendError, ConfigError } from '../errors.js';
import type { BackendRequest, Proxy, ProxyResponse } from '../proxy.js';
import { type Breaker, type BreakerState, type CallOutcome, createBreaker } from './breaker.js';
import { type BackendScope, defineComponent } from './component.js';

/** Seconds, as KrakenD takes when nothing is configured. */
const DEFAULT_TIMEOUT = 60;

/** KrakenD cuts decimals off. */
const wholeNumber = z.number().min(0).max(Number.MAX_SAFE_INTEGER).transform(Math.trunc);

const schema = z
  .strictObject({
    max_errors: wholeNumber.optional().meta({
      description: 'Consecutive failures that are put up with; one more opens the breaker.',
      label: 'integer',
      default: 0,
      examples: [5],
    }),
    interval: wholeNumber.optional().meta({
      description: 'How long failures are remembered while the breaker is closed; 0 for ever.',
      label: 'seconds',
      default: 0,
      examples: [60],
    }),
    timeout: wholeNumber.optional().meta({
      description: 'How long the breaker stays open; 0 means the default.',
      label: 'seconds',
      default: DEFAULT_TIMEOUT,
      examples: [10],
    }),
    failure_status: z
      .array(z.int().min(100).max(599))
      .min(1)
      .optional()
      .meta({
        description: 'The statuses that count as failures, also of `no-op` answers; all others count as successes.',
        examples: [[500, 502, 503, 504]],
      }),
    name: z
      .string()
      .default('')
      .meta({
        description: 'What logs call the breaker, and what backends share it by.',
        shownDefault: "the backend's",
        examples: ['users'],
      }),
    shared: flag().meta({ description: 'One breaker for all backends that give this `name`.', examples: [true] }),
    log_status_change: flag().meta({ description: 'One warning for each change.', examples: [true] }),
  })
  .superRefine(({ max_errors, interval, timeout, name, shared }, context) => {
    if (max_errors === undefined && interval === undefined && timeout === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['max_errors'],
        message: 'is missing; say how many failures are too many.',
      });
    }
    if (shared && name === '') {
      context.addIssue({
        code: 'custom',
        path: ['name'],
        message: 'is missing; backends share a breaker by its name.',
      });
    }
  })
  .transform(({ max_errors = 0, interval = 0, timeout = 0, ...named }) => ({
    ...named,
    max_errors,
    interval,
    timeout: timeout || DEFAULT_TIMEOUT,
    /** KrakenD's way to switch it off: every value is zero. */
    isOff: !max_errors && !interval && !timeout && named.name === '' && !named.log_status_change,
  }));

type Settings = z.output<typeof schema>;

/** Stops calling a backend that fails every call, and asks it again from time to time. */
export const circuitBreaker = defineComponent({
  namespace: 'qos/circuit-breaker',
  aliases: ['github.com/devopsfaith/krakend-circuitbreaker/gobreaker'],
  schema,
  readsData: false,
  exposesSignal: false,

  backend(settings, scope) {
    if (settings.isOff) return undefined;
    warnOfShortInterval(settings, scope);
    const { name } = scope.backend;
    const breaker = settings.shared ? sharedBreaker(settings, scope) : ownBreaker(settings, scope);
    const judge = createJudge(settings.failure_status);

    return function breakCircuit(next) {
      return function callUnlessOpen(request) {
        const entered = breaker.enter();
        if (entered === undefined) {
          return Promise.reject(
            new BackendError('ERR_BREAKER_OPEN', `${name} was not called: its circuit breaker is open`, {
              retryAfter: breaker.retryAfter() / 1_000,
            }),
          );
        }
        return entered.kind === 'half-open'
          ? observe(next, request, judge, leaveProbe(breaker, entered, request, judge))
          : observe(next, request, judge, leaveCall(breaker, entered), name);
      };
    };
  },
});

/** What an outcome says of the backend. */
interface Judge {
  ofAnswer(response: ProxyResponse): CallOutcome;
  ofError(error: unknown, request: BackendRequest): CallOutcome;
}

function createJudge(statuses: readonly number[] | undefined): Judge {
  const failing = statuses && new Set(statuses);
  return {
    ofAnswer({ metadata }) {
      return failing?.has(metadata.status) ? 'failure' : 'success';
    },
    ofError(error, { signal }) {
      if (!isBackendFailure(error, signal)) return 'ignored';
      if (!failing || !(error instanceof BackendError) || error.code !== 'ERR_BACKEND_STATUS') return 'failure';
      return failing.has(error.details.backendStatus as number) ? 'failure' : 'success';
    },
  };
}

type Leave = (outcome: CallOutcome) => void;

/**
 * Whatever becomes of the call, it leaves: with the end of a stream, which may be a cut, where `streamOf` names the backend.
 * A probe leaves with the head, since all others wait for it.
 */
function observe(
  next: Proxy<BackendRequest>,
  request: BackendRequest,
  judge: Judge,
  leave: Leave,
  streamOf?: string,
): Promise<ProxyResponse> {
  let answer: Promise<ProxyResponse>;
  try {
    answer = next(request);
  } catch (error) {
    leave('ignored');
    throw error;
  }
  return answer.then(
    (response) => {
      const outcome = judge.ofAnswer(response);
      const isFollowed =
        streamOf !== undefined &&
        outcome === 'success' &&
        onStreamEnd(streamOf, response, request.signal, (end) => leave(end.isBackendFailure ? 'failure' : outcome));
      if (!isFollowed) leave(outcome);
      return response;
    },
    (error) => {
      leave(judge.ofError(error, request));
      throw error;
    },
  );
}

function leaveCall(breaker: Breaker, entered: BreakerState): Leave {
  return function leave(outcome) {
    breaker.leave(entered, outcome);
  };
}

/** The one call that decides. When its caller does not wait any more its place is free at once, whatever it still does. */
function leaveProbe(breaker: Breaker, entered: BreakerState, request: BackendRequest, judge: Judge): Leave {
  const { signal, body } = request;
  let isOver = false;
  if (entered.kind === 'half-open' && entered.probe) entered.probe.isHeldUp = () => isOwedByClient(body) === true;

  function leave(outcome: CallOutcome): void {
    if (isOver) return;
    isOver = true;
    signal.removeEventListener('abort', onAbort);
    breaker.leave(entered, outcome);
  }
  function onAbort(): void {
    leave(judge.ofError(signal.reason, request));
  }
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  return leave;
}

/** Found again over a reload by the place of its backend, as long as its settings stay the same. */
function ownBreaker(settings: Settings, scope: BackendScope): Breaker {
  const { endpoint, backend } = scope;
  const place = `${endpoint.method} ${endpoint.endpoint} ${backend.name}`;
  return scope.keep(`circuit-breaker of ${place}: ${JSON.stringify(settings)}`, () => startBreaker(settings, scope));
}

interface SharedBreaker {
  breaker: Breaker;
  settings: string;
}

/** The names that each configuration has given; each has a `keep` of its own. */
const given = new WeakMap<Keep, Set<string>>();

/** True for the first backend of a configuration that gives the name. */
function isFirst(name: string, keep: Keep): boolean {
  const names = given.get(keep) ?? new Set();
  given.set(keep, names);
  if (names.has(name)) return false;
  names.add(name);
  return true;
}

/** Found again by its name. Backends of one configuration have to agree on its settings; a reload may change them. */
function sharedBreaker(settings: Settings, scope: BackendScope): Breaker {
  const { keep, backend } = scope;
  const text = JSON.stringify(settings);
  function start(): SharedBreaker {
    return { breaker: startBreaker(settings, scope), settings: text };
  }

  const shared = keep(`circuit-breaker ${settings.name}`, start);
  const mayChange = isFirst(settings.name, keep);
  if (shared.settings !== text) {
    if (!mayChange) {
      const message = `gives the shared breaker "${settings.name}" other settings than a backend before; give it the same.`;
      throw new ConfigError([{ path: placeOf(backend), message }]);
    }
    Object.assign(shared, start());
  }
  return shared.breaker;
}

function startBreaker(settings: Settings, { backend, logger }: BackendScope): Breaker {
  const { max_errors, interval, timeout, shared, name, log_status_change } = settings;
  const fields = shared ? { breaker: name } : { breaker: name || backend.name, at: backend.at };
  return createBreaker({
    maxErrors: max_errors,
    interval: interval * 1_000,
    timeout: timeout * 1_000,
    ...(log_status_change && {
      onChange(from, to) {
        logger.warn({ ...fields, from, to }, 'circuit breaker changed');
      },
    }),
  });
}

/** What a call tells after its window has passed does not count: calls that take as long never open the breaker. */
function warnOfShortInterval({ interval }: Settings, { backend, logger }: BackendScope): void {
  if (interval === 0 || interval * 1_000 > backend.timeout) return;
  logger.warn(
    { at: `${placeOf(backend)}.interval` },
    'is not longer than the timeout of the backend: calls that time out will not open the breaker',
  );
}

function placeOf(backend: BackendConfig): string {
  return `${backend.at}.extra_config["qos/circuit-breaker"]`;
}
