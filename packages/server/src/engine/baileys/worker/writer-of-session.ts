import type { AuthenticationCreds } from 'baileys';
import { ownMessageSecret } from '../../../platform/crypto/message-secret.ts';
import type { SessionSpec } from '../../port.ts';
import { BodyWriter } from './body-writer.ts';
import { mediaSeals, openMessageSecret } from './context.ts';
import type { GroupCache } from './group-cache.ts';

/** What writes the bodies of a session's messages, with the secrets of its device. */
export function writerOf(parts: {
  spec: SessionSpec;
  creds: () => AuthenticationCreds;
  groups: GroupCache;
}): BodyWriter {
  const { spec, creds, groups } = parts;
  return new BodyWriter({
    secret: (waId) => ownMessageSecret(spec.dataKey, spec.deviceId, waId),
    openSecret: (waId, sealed) => openMessageSecret(spec, waId, sealed),
    openMedia: mediaSeals(spec).open,
    self: () => creds().me,
    addressing: async (jid, sock) => (await groups.read(jid, sock)).addressingMode,
  });
}
