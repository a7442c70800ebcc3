// The gateway, in each of its hosts.
import { pathToFileURL } from 'node:url';
import express from 'express';
import express4 from 'express4';
import { MOUNT, routesOf } from '../cases.mjs';
import { addComponents, unusedComponents } from '../components.mjs';
import { VALIDATOR } from '../token.mjs';

/**
 * @param {import('../cases.mjs').Case} measured
 * @param {string[]} origins
 * @param {string} library
 */
async function createGatewayFor(measured, origins, library) {
  const { createGateway, defineComponent } = await import(pathToFileURL(`${library}/index.js`).href);
  const backend = measured.calls.map(({ origin, path, options }) => ({
    host: [origins[origin]],
    url_pattern: path,
    ...(measured.combine === undefined && { encoding: 'no-op' }),
    ...options,
  }));
  const { before, route, after } = routesOf(measured);
  const config = {
    version: 3,
    timeout: '30s',
    // A busy machine is not what is measured.
    connect_timeout: '30s',
    endpoints: [...before, route, ...after].map((endpoint) => ({
      endpoint,
      output_encoding: measured.combine === undefined ? 'no-op' : 'json',
      backend,
    })),
  };
  if (measured.extra === 'unused') return createGateway(config, { components: unusedComponents(defineComponent) });
  if (measured.extra === 'jwt') {
    const extra_config = { 'auth/validator': VALIDATOR };
    return createGateway({ ...config, endpoints: config.endpoints.map((endpoint) => ({ ...endpoint, extra_config })) });
  }
  if (measured.extra !== 'components') return createGateway(config);
  return createGateway(addComponents(config, createGateway, measured.only).full);
}

export const creators = {
  async express5(measured, origins, library) {
    return express().use(MOUNT, await createGatewayFor(measured, origins, library));
  },
  async express4(measured, origins, library) {
    return express4().use(MOUNT, await createGatewayFor(measured, origins, library));
  },
  async http(measured, origins, library) {
    const gateway = await createGatewayFor(measured, origins, library);
    return function serve(request, response) {
      // What a host app does when it mounts something.
      request.url = request.url.slice(MOUNT.length);
      gateway(request, response);
    };
  },
};
