import type { IncomingMessage, ServerResponse } from 'node:http';
import { RejectedError } from '../errors.js';
import {
  type Admit,
  type Admitted,
  type Headers,
  isAdmittedAs,
  type ProxyResponse,
  type RequestHead,
} from '../proxy.js';

/** Asks one after the other; the one that rejects the request is the last to be asked. Undefined where there is none to ask. */
export function admitInTurn(admits: readonly Admit[]): Admit | undefined {
  const [first, ...others] = admits;
  return first && others.reduce(askBoth, first);
}

/** Why no request is let in just now; undefined where they are. */
export type Refusal = () => RejectedError | undefined;

/** Asks one after the other until one refuses. Undefined where there is none to ask. */
export function refuseInTurn(refusals: readonly Refusal[]): Refusal | undefined {
  if (refusals.length < 2) return refusals[0];
  return function refuseByAny() {
    for (const refusal of refusals) {
      const refused = refusal();
      if (refused) return refused;
    }
    return undefined;
  };
}

function askBoth(first: Admit, second: Admit): Admit {
  function goOn(admitted: Admitted, head: RequestHead): Admitted | Promise<Admitted> {
    if (admitted instanceof RejectedError) return admitted;
    if (admitted === undefined) return second(head);
    return whenDecided(second(isAdmittedAs(admitted) ? admitted.head : head), (next) => join(admitted, next));
  }
  return function admitByBoth(head) {
    return whenDecided(first(head), (admitted) => goOn(admitted, head));
  };
}

type LetIn = Exclude<Admitted, RejectedError | undefined>;

/** The second saw what the first had made of the head: what it says of it wins. */
function join(first: LetIn, next: Admitted): Admitted {
  if (next instanceof RejectedError) return next;
  if (next === undefined) return first;
  const headers = { ...headersOf(first), ...headersOf(next) };
  if (isAdmittedAs(next)) return { head: next.head, headers };
  return isAdmittedAs(first) ? { head: first.head, headers } : headers;
}

function headersOf(admitted: LetIn): Readonly<Record<string, string>> | undefined {
  return isAdmittedAs(admitted) ? admitted.headers : admitted;
}

/** Most decide at once; nothing has to wait then. */
function whenDecided<A, B>(decision: A | Promise<A>, then: (decided: A) => B | Promise<B>): B | Promise<B> {
  return decision instanceof Promise ? decision.then(then) : then(decision);
}

/** Reads the body of a request and makes the endpoint's answer. */
export type Serve = (head: RequestHead, request: IncomingMessage, response: ServerResponse) => Promise<ProxyResponse>;

/** Only for requests that are let in. */
export function admitFirst(admit: Admit, serve: Serve): Serve {
  function goOn(
    admitted: Admitted,
    head: RequestHead,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<ProxyResponse> {
    if (admitted instanceof RejectedError) return Promise.reject(admitted);
    // The deadline has passed, or the client has left, while a guard was deciding.
    if (head.signal.aborted) return Promise.reject(head.signal.reason);
    if (admitted === undefined) return serve(head, request, response);
    const answered = serve(isAdmittedAs(admitted) ? admitted.head : head, request, response);
    const headers = headersOf(admitted);
    return headers === undefined ? answered : answered.then((answer) => withHeaders(answer, headers));
  }

  return function serveAdmitted(head, request, response) {
    const admitted = admit(head);
    return admitted instanceof Promise
      ? admitted.then((decided) => goOn(decided, head, request, response))
      : goOn(admitted, head, request, response);
  };
}

function withHeaders(answer: ProxyResponse, added: Readonly<Record<string, string>>): ProxyResponse {
  const headers: Headers = Object.assign(Object.create(null), answer.metadata.headers, added);
  return { ...answer, metadata: { ...answer.metadata, headers } };
}
