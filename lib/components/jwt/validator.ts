import { createHash } from 'node:crypto';
import type { EndpointConfig } from '../../config/resolved.js';
import { cipherNameOf } from '../../core/cipher-suites.js';
import { onceAMinute } from '../../core/once-a-minute.js';
import { RejectedError } from '../../errors.js';
import type { Admitted, RequestHead } from '../../proxy.js';
import { defineComponent, type EndpointScope } from '../component.js';
import { checkValidator, readAuthority, readLocalKeys } from './check.js';
import { createClaimReader, createDemand, type Demand, faultOfOrigin, isTimely, readValidity } from './claims.js';
import { createDownload } from './download.js';
import { createFixedKeys, createRemoteKeys, type KeySource } from './key-source.js';
import { type ValidatorOptions, validatorSchema } from './options.js';
import { createPropagation, type Filled, isLetIn } from './propagate.js';
import { createRejections } from './rejections.js';
import { createTokenReader, parseToken } from './token.js';
import { createVerifier, type Fetching, jose, type VerifiedToken, type Verifier } from './verifier.js';

const SECOND = 1_000;
const USUAL_CACHE = 900;
/** How old keys may be where the configuration asks for none to be kept. */
const SHORT_LIFE = 60 * SECOND;
const LONGEST_WAIT = 5 * SECOND;

/** Lets requests with a good JSON Web Token into an endpoint, and hands its claims on. */
export const jwtValidator = defineComponent({
  namespace: 'auth/validator',
  aliases: ['github.com/devopsfaith/krakend-jose/validator'],
  schema: validatorSchema,
  exposesSignal: false,
  addsParams: (_options, scope) => scope === 'endpoint',
  check: (options, { scope }) => checkValidator(options, scope),

  // Endpoints with the same key source share its keys anyway; they read the duration from here.
  service: () => undefined,

  admit(options, scope) {
    warnOf(options, scope);
    // The first request need not wait for it.
    jose.load().catch(() => {});
    const { endpoint, keep, onClose, onReady } = scope;
    const fetching = fetchingOf(options, scope);
    const [sourceKey, openSource] = sourceOf(options, scope);
    const source = keep(`auth/validator keys ${sourceKey}`, openSource);
    onClose(source.use());
    onReady(() => source.keys(fetching.life, LONGEST_WAIT));

    const { alg, key_identify_strategy: strategy } = options;
    const verifier = keep(`auth/validator tokens ${JSON.stringify([sourceKey, alg, strategy])}`, () =>
      createVerifier({ source, alg, strategy }),
    );
    const admit = createAdmit({ options, endpoint, source, verifier, fetching });
    return options.operation_debug ? withLog(admit, scope) : admit;
  },
});

interface Parts {
  readonly options: ValidatorOptions;
  readonly endpoint: EndpointConfig;
  readonly source: KeySource;
  readonly verifier: Verifier;
  readonly fetching: Fetching;
}
type Validate = (head: RequestHead) => Admitted | Promise<Admitted>;

function createAdmit({ options, endpoint, source, verifier, fetching }: Parts): Validate {
  const readToken = createTokenReader(options.auth_header_name, options.cookie_key);
  const rejections = createRejections(options);
  const propagation = createPropagation(endpoint, options);
  const [hasRole, hasScope] = demandsOf(options);
  /** What this endpoint thinks of tokens, but for the time. */
  const decisions = new WeakMap<VerifiedToken, RejectedError | Filled>();

  function judge({ claims }: VerifiedToken): RejectedError | Filled {
    const fault = faultOfOrigin(claims, options);
    if (fault !== undefined) return rejections.origin(fault);
    if (hasRole && !hasRole(claims)) return rejections.role;
    if (hasScope && !hasScope(claims)) return rejections.scope;
    return propagation.fill(claims) ?? rejections.unfit;
  }

  function decide(head: RequestHead, token: VerifiedToken): Admitted {
    if (!isTimely(token.validity, Date.now(), options.leeway)) return rejections.untimely;
    let decision = decisions.get(token);
    if (decision === undefined) {
      decision = judge(token);
      decisions.set(token, decision);
    }
    return decision instanceof RejectedError ? decision : { head: propagation.apply(head, decision) };
  }

  /** What is plainly no good is turned away before any key is looked for. */
  async function verify(head: RequestHead, text: string, name: string): Promise<Admitted> {
    const token = parseToken(text);
    const validity = token && readValidity(token.claims);
    if (token === undefined || validity === undefined || token.alg !== options.alg) return rejections.malformed;
    if (!isTimely(validity, Date.now(), options.leeway)) return rejections.untimely;
    const verified = await verifier.verify(name, token, fetching);
    return verified === undefined ? rejections.unverified : decide(head, verified);
  }

  return function validateToken(head) {
    const text = readToken(head.client.headers);
    if (text === undefined) return rejections.missing;
    const name = verifier.nameOf(text);
    const known = source.isFresh(fetching.life) ? verifier.recall(name) : undefined;
    if (known === undefined) return verify(head, text, name);
    const admitted = decide(head, known);
    if (admitted === rejections.untimely) verifier.forget(name);
    return admitted;
  };
}

function demandsOf(options: ValidatorOptions): [role: Demand | undefined, scope: Demand | undefined] {
  const { roles, roles_key: rolesKey, roles_key_is_nested: isNested, scopes, scopes_key: scopesKey } = options;
  return [
    roles.length > 0 ? createDemand(roles, createClaimReader(rolesKey, isNested), 'any') : undefined,
    scopes.length > 0
      ? createDemand(scopes, createClaimReader(scopesKey ?? 'scope', true), options.scopes_matcher)
      : undefined,
  ];
}

/** Where the keys come from, and a name for all that they depend on. */
function sourceOf(options: ValidatorOptions, { logger, endpoint }: EndpointScope): [string, () => KeySource] {
  const { jwk_url: url = '', jwk_local_path: file, jwk_local_ca: caFile } = options;
  if (file !== undefined) {
    const keys = readLocalKeys(file, options);
    const content = createHash('sha256').update(JSON.stringify(keys.map(({ text }) => text)));
    return [`file ${content.digest('base64')}`, () => createFixedKeys(keys)];
  }
  const connection = {
    url,
    ca: caFile === undefined ? undefined : readAuthority(caFile),
    ciphers: options.cipher_suites.flatMap((id) => cipherNameOf(id) ?? []),
    fingerprints: options.jwk_fingerprints,
  };
  const onFailure = onceAMinute((error: unknown) => {
    const reason = error instanceof Error ? error.message : 'unknown';
    logger.warn(
      { endpoint: endpoint.endpoint, reason },
      'the keys that verify tokens cannot be downloaded; those of the last download are used, if there was one',
    );
  });
  return [JSON.stringify(connection), () => createRemoteKeys({ download: createDownload(connection), onFailure })];
}

function fetchingOf(options: ValidatorOptions, { endpoint, serviceOptions }: EndpointScope): Fetching {
  const shared = (serviceOptions as ValidatorOptions | undefined)?.shared_cache_duration;
  const seconds = options.cache_duration || shared || USUAL_CACHE;
  return {
    life: options.cache ? seconds * SECOND : Math.min(SHORT_LIFE, seconds * SECOND),
    cooldown: options.failed_jwk_key_cooldown,
    // What is left of the timeout is for the answer.
    patience: Math.min(LONGEST_WAIT, Math.ceil(endpoint.timeout / 2)),
  };
}

function warnOf(options: ValidatorOptions, { logger, endpoint }: EndpointScope): void {
  const own = `${endpoint.at}.extra_config["auth/validator"]`;
  if (/^http:/i.test(options.jwk_url ?? '')) {
    logger.warn(
      { at: `${own}.jwk_url` },
      'the keys that verify tokens come over http://: on their way they can be exchanged for others',
    );
  }
  if (endpoint.cache_ttl > 0) {
    logger.warn(
      { at: `${endpoint.at}.cache_ttl` },
      'answers behind a validator of tokens say "Cache-Control: public": a cache in between may hand them to clients without a token; set "cache_ttl": "0s"',
    );
  }
  options.propagate_claims.forEach(([, header], index) => {
    if (isLetIn(header.toLowerCase(), endpoint)) return;
    logger.warn(
      { at: `${own}.propagate_claims[${index}]`, header },
      'a claim is put into a header that input_headers does not list: only limits see it, and no backend',
    );
  });
}

function withLog(admit: Validate, { logger, endpoint }: EndpointScope): Validate {
  const place = `${endpoint.method} ${endpoint.endpoint}`;
  function report(admitted: Admitted): Admitted {
    if (!(admitted instanceof RejectedError)) return admitted;
    const { message: reason } = admitted;
    logger.info({ endpoint: place, reason }, 'a token was refused');
    return admitted;
  }
  return function validateAndReport(head) {
    const admitted = admit(head);
    return admitted instanceof Promise ? admitted.then(report) : report(admitted);
  };
}
