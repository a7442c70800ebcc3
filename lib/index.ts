import { createGateway } from './gateway.js';

export type { AxiosLike } from './transport/axios.js';
export { createGateway };
export default createGateway;
