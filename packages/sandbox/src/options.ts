import { SandboxError } from './errors.ts';

/** How 1:1 chats and groups are addressed: by phone number or by LID (the newer, number-free identity). */
export type Addressing = 'pn' | 'lid';

export interface NetworkOptions {
  /** Root of every key and LID. The same seed gives the same root key after a restart. */
  seed?: string;
  /** TCP port on 127.0.0.1; 0 picks a free one. */
  port?: number;
  /** TCP port of the media host on 127.0.0.1; 0 picks a free one. */
  mediaPort?: number;
  /** Only 127.0.0.1 is accepted. */
  host?: string;
  addressing?: Addressing;
  /** Bearer token of the JSON control plane; a random one is made when absent. */
  controlToken?: string;
  /**
   * Folder for the media host's certificates (mode 0600), taken up again by the next start: clients that trusted them go
   * on. Absent: no file is written.
   */
  caDir?: string;
  /** File that remembers the network across restarts (mode 0600); it fits only the seed it was written under. */
  stateFile?: string;
  /** Life of the first QR ref, of each further one, and how many there are. WhatsApp: 60 s, 20 s, 6. */
  qr?: { firstMs?: number; nextMs?: number; count?: number };
  /** Time between a finished pairing and the 515 that makes the client reconnect. */
  restartDelayMs?: number;
  /** Prekeys left at which the server asks for more. Clients upload when they are told of fewer than 5. */
  preKeyLow?: number;
  /** Stanzas kept per linked device while it is away; the oldest are dropped beyond it. */
  queueLimit?: number;
  /** Messages kept in each phone's inbox. */
  inboxLimit?: number;
  /** Start of the message id sequence. Default: the clock, so that a restart does not repeat ids. */
  epoch?: string;
}

export interface ResolvedOptions {
  readonly seed: string;
  readonly port: number;
  readonly mediaPort: number;
  readonly addressing: Addressing;
  readonly controlToken: string | undefined;
  readonly caDir: string | undefined;
  readonly stateFile: string | undefined;
  readonly qr: { readonly firstMs: number; readonly nextMs: number; readonly count: number };
  readonly restartDelayMs: number;
  readonly preKeyLow: number;
  readonly queueLimit: number;
  readonly inboxLimit: number;
  readonly epoch: string;
}

const LOOPBACK = '127.0.0.1';

/** Fills in the defaults. Throws NOT_LOOPBACK for any host but 127.0.0.1: the simulated network is no public server. */
export function resolveOptions(options: NetworkOptions): ResolvedOptions {
  const host = options.host ?? LOOPBACK;
  if (host !== LOOPBACK) {
    throw new SandboxError('NOT_LOOPBACK', `the sandbox listens on ${LOOPBACK} only, not on ${host}`);
  }
  return {
    seed: options.seed ?? 'waping-sandbox',
    port: options.port ?? 0,
    mediaPort: options.mediaPort ?? 0,
    addressing: options.addressing ?? 'pn',
    controlToken: options.controlToken,
    caDir: options.caDir,
    stateFile: options.stateFile,
    qr: {
      firstMs: options.qr?.firstMs ?? 60_000,
      nextMs: options.qr?.nextMs ?? 20_000,
      count: options.qr?.count ?? 6,
    },
    restartDelayMs: options.restartDelayMs ?? 20,
    preKeyLow: options.preKeyLow ?? 4,
    queueLimit: options.queueLimit ?? 20_000,
    inboxLimit: options.inboxLimit ?? 10_000,
    epoch: options.epoch ?? String(Date.now()),
  };
}
