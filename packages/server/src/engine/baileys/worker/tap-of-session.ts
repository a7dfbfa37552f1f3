import type { AuthenticationCreds } from 'baileys';
import type { SessionSpec } from '../../port.ts';
import { inboundSeals, type SessionStore } from './context.ts';
import { type InboundDeps, InboundTap } from './signal.ts';

interface TapDeps extends Pick<InboundDeps, 'keys' | 'stream' | 'handled' | 'unreadable' | 'historyAnnounced'> {
  spec: SessionSpec;
  store: SessionStore;
  creds: () => AuthenticationCreds;
}

/** What takes the messages of a session where they are opened. */
export function tapOf({ spec, store, creds, ...deps }: TapDeps): InboundTap {
  return new InboundTap({
    ...deps,
    self: () => creds().me,
    stored: (waId) => store.stored(waId),
    ...inboundSeals(spec),
    appStateKey: (id) => {
      creds().myAppStateKeyId = id;
      deps.stream.pushCredentials();
    },
  });
}
