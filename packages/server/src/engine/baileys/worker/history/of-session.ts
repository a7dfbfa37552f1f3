import type { AuthenticationCreds } from 'baileys';
import type { SessionSpec } from '../../../port.ts';
import { inboundSeals, openHistory, type SessionStore, type WorkerContext } from '../context.ts';
import type { SignalKeys } from '../key-store.ts';
import type { LiveSocket } from '../live-socket.ts';
import type { InboundTap } from '../signal.ts';
import { learnFromHistory } from './learn.ts';
import { HistoryReader } from './reader.ts';

/** What a session lends to the reading of its history. */
interface Lent {
  spec: SessionSpec;
  context: WorkerContext;
  store: SessionStore;
  keys: SignalKeys;
  tap: InboundTap;
  creds: () => AuthenticationCreds;
  live: () => LiveSocket | undefined;
}

/** The reader of one session's history. */
export function historyOf({ spec, context, store, keys, tap, creds, live }: Lent): HistoryReader {
  const other = (jid: string) => tap.otherName(jid);
  const { sealSecret, sealMedia } = inboundSeals(spec);
  return new HistoryReader({
    context,
    store,
    deviceId: spec.deviceId,
    open: ({ waId, sealed }) => openHistory(spec, waId, sealed),
    names: () => {
      const { me } = creds();
      return me && { self: me, other, sealSecret, sealMedia };
    },
    learn: (...found) => learnFromHistory({ live: live(), keys, other }, ...found),
  });
}
