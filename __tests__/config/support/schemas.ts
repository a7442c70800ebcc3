/** The schema of every object of a configuration. */
export { backendSchema } from '../../../lib/config/options/backend.js';
export { clientShape, idleShape } from '../../../lib/config/options/client.js';
export { endpointSchema } from '../../../lib/config/options/endpoint.js';
export { httpClientSchema, httpSchema } from '../../../lib/config/options/http.js';
export { backendProxySchema, endpointProxySchema } from '../../../lib/config/options/proxy.js';
export { rootSchema } from '../../../lib/config/options/root.js';
export { routerSchema } from '../../../lib/config/options/router.js';
export { clientTlsSchema } from '../../../lib/config/options/tls.js';
