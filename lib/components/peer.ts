export { lazyPeer, type Peer } from '../peer.js';
