import type { Network } from './port.ts';

/** How to reach one network. Read from configuration; handed to the workers of that network. */
export interface NetworkEndpoint {
  network: Network;
  /** ws:// or wss:// address of the chat socket; absent for WhatsApp's own. */
  url?: string;
  /** Hex of the 32-byte public key that roots the certificate chain; absent for WhatsApp's own. */
  rootKey?: string;
  /** PEM file trusted for media hosts in addition to the system's. */
  caFile?: string;
  /** `host:port` that answers for WhatsApp's default media host; absent for WhatsApp's own. */
  mediaHost?: string;
  /** Web version to announce, for when WhatsApp refuses the engine's own as outdated (405). */
  version?: readonly [number, number, number];
}
