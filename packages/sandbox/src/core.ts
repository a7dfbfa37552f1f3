import type { Registry } from './accounts.ts';
import type { AppStateServer } from './app-state/index.ts';
import type { Connection } from './connection.ts';
import type { Events } from './events.ts';
import type { Faults } from './faults.ts';
import type { Group } from './groups.ts';
import type { MediaHost } from './media/media-host.ts';
import type { CertificateKeys } from './noise/certificate.ts';
import type { ResolvedOptions } from './options.ts';
import type { LinkCodes, QrRefs } from './pairing.ts';
import type { RandomStream } from './rng.ts';

export interface Stats {
  framesIn: number;
  framesOut: number;
  /** Message stanzas accepted from linked devices. */
  messages: number;
  /** Messages phones showed (or, in sink mode, confirmed). */
  delivered: number;
  /** Arrivals of an id a phone already had. */
  duplicateDeliveries: number;
  /** Messages a phone could not decrypt at first. */
  decryptFailures: number;
  logins: number;
  pairings: number;
}

/** Everything the parts of one running network share. */
export interface Core {
  readonly options: ResolvedOptions;
  readonly keys: CertificateKeys;
  readonly certificate: Buffer;
  readonly random: RandomStream;
  readonly events: Events;
  readonly registry: Registry;
  readonly groups: Map<string, Group>;
  readonly refs: QrRefs;
  readonly linkCodes: LinkCodes;
  readonly connections: Set<Connection>;
  readonly faults: Faults;
  readonly stats: Stats;
  readonly media: MediaHost;
  readonly appState: AppStateServer;
  /** Runs the task later; pending ones are dropped when the network closes. */
  later(ms: number, task: () => void): void;
}

export const nowSeconds = (): string => String(Math.floor(Date.now() / 1000));

/** Id of a stanza the server makes up. */
export function stanzaId(core: Core, prefix = 's'): string {
  return `${prefix}${core.random.hex(6)}`;
}
