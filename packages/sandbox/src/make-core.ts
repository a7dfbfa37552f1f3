import { Registry } from './accounts.ts';
import { type AppStateChange, AppStateServer, syncNotification } from './app-state/index.ts';
import { type Core, nowSeconds, type Stats, stanzaId } from './core.ts';
import { Events } from './events.ts';
import { noFaults } from './faults.ts';
import type { MediaHost } from './media/media-host.ts';
import { certificateChain } from './noise/certificate.ts';
import type { ResolvedOptions } from './options.ts';
import { LinkCodes, QrRefs } from './pairing.ts';
import { deriveKeyPair, RandomStream } from './rng.ts';
import { deliver } from './routing/deliver.ts';

export interface CoreParts {
  readonly options: ResolvedOptions;
  readonly media: MediaHost;
  /** Timers of `later`, so that the owner can stop them. */
  readonly timers: Set<NodeJS.Timeout>;
}

/** Puts the shared state of a new network together; nothing listens yet. */
export function makeCore({ options, media, timers }: CoreParts): Core {
  const { seed, epoch } = options;
  const root = deriveKeyPair(seed, 'root');
  const keys = { root, intermediate: deriveKeyPair(seed, 'intermediate'), leaf: deriveKeyPair(seed, 'static') };
  const random = new RandomStream(seed, `ids:${epoch}`);
  const core: Core = {
    options,
    keys,
    certificate: certificateChain(keys, Math.floor(Date.now() / 1000)),
    random,
    events: new Events(),
    groups: new Map(),
    refs: new QrRefs(),
    linkCodes: new LinkCodes(),
    connections: new Set(),
    faults: noFaults(),
    stats: noStats(),
    media,
    appState: new AppStateServer({ random, blobs: media.blobs, onChange: (change) => appStateChanged(core, change) }),
    // The registry makes phones, and phones need the core: the getter closes the circle once `core` exists.
    get registry(): Registry {
      return registry;
    },
    later(ms, task) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        task();
      }, ms);
      timers.add(timer);
    },
  };
  const registry = new Registry(core);
  return core;
}

function noStats(): Stats {
  return {
    framesIn: 0,
    framesOut: 0,
    messages: 0,
    delivered: 0,
    duplicateDeliveries: 0,
    decryptFailures: 0,
    logins: 0,
    pairings: 0,
  };
}

function appStateChanged(core: Core, change: AppStateChange): void {
  const account = core.registry.byUser(change.user, 'pn');
  if (!account) return;
  core.events.emit('appState', account, change);
  core.events.emit('changed');
  for (const device of account.devices.values()) {
    if (device.id === change.author) continue;
    const to = { jid: account.jid, id: stanzaId(core, 'ss'), t: nowSeconds() };
    deliver(core, device, syncNotification(to, change));
  }
}
