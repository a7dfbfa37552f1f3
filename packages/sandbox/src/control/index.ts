import type { RequestListener } from 'node:http';
import type { Network } from '../network-api.ts';

export function controlHandler(_network: Network): RequestListener {
  return (_request, response) => {
    response.writeHead(404).end();
  };
}
