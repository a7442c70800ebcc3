import { defineConfig } from 'express-tributary';
import { serve } from '../support/serve.mjs';
import { createService } from '../support/service.mjs';

const sessions = createService('sessions', {
  'GET /sessions/:token': ({ params }) =>
    params.token === 'abc' ? { body: { data: { user_id: 9007199254740993n.toString() } } } : { status: 404 },
});
const users = createService('users', {
  'GET /users/:id': ({ params }) => ({ body: { id: params.id, name: 'Ada', country: 'GB' } }),
});
const offers = createService('offers', {
  'GET /offers': ({ query }) => ({ body: [{ sku: 'tea', country: query.country, for: query.user }] }),
});

/** Each call needs what the one before has answered. */
function createConfig() {
  return defineConfig({
    endpoints: [
      {
        endpoint: '/welcome/{token}',
        extra_config: { proxy: { sequential: true } },
        backend: [
          { host: [sessions.origin], url_pattern: '/sessions/{token}', target: 'data', group: 'session' },
          { host: [users.origin], url_pattern: '/users/{resp0_session.user_id}', allow: ['name', 'country'] },
          {
            host: [offers.origin],
            url_pattern: '/offers?country={resp1_country}&user={resp0_session.user_id}',
            is_collection: true,
            mapping: { collection: 'offers' },
          },
        ],
      },
    ],
  });
}

await serve({
  services: [sessions, users, offers],
  createConfig,
  lines: (url) => `  curl ${url}/welcome/abc
  curl -i ${url}/welcome/unknown`,
});
