import { defineConfig } from 'express-tributary';
import { serve } from '../support/serve.mjs';
import { createService } from '../support/service.mjs';

const articles = createService('articles', {
  'GET /articles/:id': ({ params }) => ({ body: { id: params.id, title: 'On tea' } }),
});
const comments = createService('comments', {
  'GET /articles/:id/comments': ({ params }) =>
    params.id === '1' ? { body: [{ text: 'Well said' }] } : { status: 500, body: { error: 'out of order' } },
});

/** What the client gets where a backend fails: fixed data in its place, still marked as incomplete. */
function createConfig() {
  return defineConfig({
    endpoints: [
      {
        endpoint: '/articles/{id}',
        extra_config: {
          proxy: { static: { strategy: 'incomplete', data: { comments: [], comments_available: false } } },
        },
        backend: [
          { host: [articles.origin], url_pattern: '/articles/{id}' },
          {
            host: [comments.origin],
            url_pattern: '/articles/{id}/comments',
            is_collection: true,
            mapping: { collection: 'comments' },
          },
        ],
      },
    ],
  });
}

await serve({
  services: [articles, comments],
  createConfig,
  lines: (url) => `  curl ${url}/articles/1
  curl -i ${url}/articles/2`,
});
