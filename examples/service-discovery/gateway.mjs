import { createDnsSubscribers, createGateway, defineConfig } from 'express-tributary';
import { origins } from './services.mjs';

const config = defineConfig({
  dns_cache_ttl: '1s',
  endpoints: [
    {
      // Hosts, ports and weights from SRV records, asked for in the background.
      endpoint: '/by-dns',
      backend: [
        {
          sd: 'dns',
          host: ['_http._tcp.whoami.example'],
          url_pattern: '/whoami',
          ejection: { window: '5s' },
        },
      ],
    },
    {
      // Hosts from a function of yours.
      endpoint: '/by-function',
      backend: [{ sd: 'running', host: ['whoami'], url_pattern: '/whoami', balancer: 'least_in_flight' }],
    },
  ],
});

/** A new array only when something has changed: that is how balancers notice. */
function createRunningSubscriber() {
  let hosts = [];
  return {
    hosts() {
      const current = origins();
      if (current.join() !== hosts.join()) hosts = current;
      return hosts;
    },
  };
}

export function createDiscoveringGateway(dnsServer) {
  return createGateway(config, {
    subscribers: {
      dns: createDnsSubscribers({ servers: [dnsServer] }),
      running: createRunningSubscriber,
    },
  });
}
