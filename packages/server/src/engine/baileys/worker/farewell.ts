import type { AuthenticationCreds, WASocket } from 'baileys';
import { settledWithin } from '../deferred.ts';

const LOGOUT_MS = 5_000;

/** Tells WhatsApp to take this companion off the account: best effort, five seconds at most. */
export async function sayFarewell(sock: WASocket | undefined, { me }: AuthenticationCreds): Promise<void> {
  if (!sock || !me) return;
  const farewell = sock.query({
    tag: 'iq',
    attrs: { to: 's.whatsapp.net', type: 'set', xmlns: 'md' },
    content: [{ tag: 'remove-companion-device', attrs: { jid: me.id, reason: 'user_initiated' } }],
  });
  await settledWithin(farewell, LOGOUT_MS).catch(() => {});
}
