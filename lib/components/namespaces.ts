/** What is said of a namespace that KrakenD has and this gateway has not. */
export interface Unsupported {
  /** Protection must not vanish silently, so those are errors; the rest is said once, as a warning. */
  readonly isError: boolean;
  readonly advice: string;
}

const PROTECTION =
  'is not supported; take it out and do its work in a middleware of the host app or a component of your own';
const SERVER_PLUGIN =
  'is not supported: what its plug-ins guard would be unprotected; do their work in a middleware of the host app in front of the gateway, then take it out';
const SCRIPT = 'is not supported; write the script as a component of your own';
/** The paid edition has them; nothing here has such a name, so no other name was meant. */
const ENTERPRISE = 'is a feature of KrakenD Enterprise and is not supported';
const HOST_APP = 'has no effect here: it is the host application’s job';

function refused(...namespaces: string[]): [string, Unsupported][] {
  return namespaces.map((namespace) => [namespace, { isError: true, advice: PROTECTION }]);
}

/** Without them an answer or a request would not be what the author meant it to be. */
function enterprise(advice: string, ...namespaces: string[]): [string, Unsupported][] {
  return namespaces.map((namespace) => [namespace, { isError: true, advice: `${ENTERPRISE}; ${advice}` }]);
}

function warned(advice: string, ...namespaces: string[]): [string, Unsupported][] {
  return namespaces.map((namespace) => [namespace, { isError: false, advice }]);
}

/** KrakenD's namespaces without a component here, under both generations of names. A component of that name wins. */
export const unsupportedNamespaces: ReadonlyMap<string, Unsupported> = new Map([
  ...refused('validation/cel', 'github.com/devopsfaith/krakend-cel'),
  ...refused('validation/json-schema', 'github.com/devopsfaith/krakend-jsonschema'),
  ...refused('modifier/martian', 'github.com/devopsfaith/krakend-martian'),
  ...refused('auth/revoker', 'github.com/devopsfaith/bloomfilter'),
  ...refused('auth/signer', 'github.com/devopsfaith/krakend-jose/signer'),
  ...refused('auth/client-credentials', 'github.com/devopsfaith/krakend-oauth2-clientcredentials'),
  ...enterprise(
    'take it out and do its work in a middleware of the host app or a component of your own',
    'auth/api-keys',
    'auth/basic',
    'auth/gcp',
    'auth/ntlm',
    'auth/aws-sigv4',
    'security/policies',
    'validation/response-json-schema',
    'qos/ratelimit/tiered',
    'governance/quota',
    'governance/processors',
    'ai/llm',
    'ai/mcp',
    'backend/grpc',
    'backend/soap',
    'grpc',
    'websocket',
    'workflow',
  ),
  ...enterprise(
    'do its work in a function of a "modifier/js"',
    'backend/conditional',
    'modifier/jmespath',
    'modifier/body-generator',
    'modifier/request-body-generator',
    'modifier/response-body-generator',
    'modifier/request-body-extractor',
    'modifier/response-body',
    'modifier/response-headers',
    'plugin/content-replacer',
  ),
  ...enterprise('mount "express.static" in the host app', 'server/static-filesystem', 'backend/static-filesystem'),
  ...enterprise('let the host app choose a gateway by the "Host" of the request', 'server/virtualhost'),
  ...refused('backend/graphql', 'github.com/devopsfaith/krakend/transport/http/client/graphql'),
  ...refusedScripts(),
  ...refusedPlugins(),
  ...warned(
    `${HOST_APP}; log there or through options.logger, and measure through options.observe`,
    'telemetry/opencensus',
    'github.com/devopsfaith/krakend-opencensus',
    'telemetry/opentelemetry',
    'telemetry/opentelemetry-security',
    'telemetry/influx',
    'github.com/letgoapp/krakend-influx',
    'telemetry/logging',
    'github.com/devopsfaith/krakend-gologging',
    'telemetry/gelf',
    'github.com/devopsfaith/krakend-gelf',
    'telemetry/logstash',
    'github.com/devopsfaith/krakend-logstash',
    'telemetry/newrelic',
    'telemetry/ganalytics',
    'telemetry/instana',
    'telemetry/moesif',
  ),
  ...warned(
    'has no effect here: name the hosts through `sd` and options.subscribers instead',
    'github.com/devopsfaith/krakend-etcd',
    'github.com/devopsfaith/krakend-consul',
  ),
  ...warned('has no effect here: hand Redis clients over in options.stores', 'redis'),
  ...warned('has no effect here: it only documents the endpoint', 'documentation/openapi', 'documentation/postman'),
  ...warned(
    'has no effect here: run the consumer beside the gateway instead',
    'async/amqp',
    'github.com/devopsfaith/krakend-amqp/agent',
  ),
]);

function refusedScripts(): [string, Unsupported][] {
  return [
    'modifier/lua-endpoint',
    'github.com/devopsfaith/krakend-lua/router',
    'modifier/lua-proxy',
    'github.com/devopsfaith/krakend-lua/proxy',
    'modifier/lua-backend',
    'github.com/devopsfaith/krakend-lua/proxy/backend',
    'plugin/http-client',
    'github.com/devopsfaith/krakend/transport/http/client/executor',
    'plugin/req-resp-modifier',
    'github.com/devopsfaith/krakend/proxy/plugin',
    'github.com/luraproject/lura/transport/http/client/executor',
    'github.com/luraproject/lura/proxy/plugin',
  ].map((namespace) => [namespace, { isError: true, advice: SCRIPT }]);
}

/** Plug-ins in front of everything: API keys, lists of addresses, captchas, limits. */
function refusedPlugins(): [string, Unsupported][] {
  return [
    'plugin/http-server',
    'github.com/devopsfaith/krakend/transport/http/server/handler',
    'github.com/luraproject/lura/transport/http/server/handler',
    'plugin/middleware',
  ].map((namespace) => [namespace, { isError: true, advice: SERVER_PLUGIN }]);
}
