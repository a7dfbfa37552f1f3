import type { LinkMethod, SessionFact } from '../../port.ts';
import type { LiveSocket } from './live-socket.ts';

/** How long Baileys shows the first QR code of a connection and the following ones. */
const FIRST_QR_MS = 60_000;
const NEXT_QR_MS = 20_000;
/** How long a phone accepts a pairing code. */
const CODE_MS = 160_000;

/**
 * The companion name shown on the phone. With a pairing code the server refuses names it does not know for some
 * accounts ("couldn't link device"), so that way uses a common one.
 */
export function companionName(method: LinkMethod | undefined, deviceName: string): [string, string, string] {
  return [method?.method === 'code' ? 'Ubuntu' : deviceName, 'Chrome', '22.04.4'];
}

export interface LinkHooks {
  method: LinkMethod;
  fact: (fact: SessionFact) => void;
  /** The phone accepted: `creds` hold the new identity. */
  paired: () => void;
  failed: (error: unknown) => void;
}

/** Turns one unlinked connection into `qr` or `code` facts. */
export function listenToLinking(live: LiveSocket, hooks: LinkHooks): void {
  const { method, fact } = hooks;
  let shown = 0;
  live.sock.ev.on('connection.update', ({ qr, isNewLogin }) => {
    if (isNewLogin) hooks.paired();
    if (!qr) return;
    shown += 1;
    if (method.method === 'qr') {
      fact({ fact: 'qr', text: qr, expiresAt: Date.now() + (shown === 1 ? FIRST_QR_MS : NEXT_QR_MS) });
      return;
    }
    // The first QR tells that the registration is accepted; only then does the server take a code request.
    if (shown > 1) return;
    live.sock
      .requestPairingCode(method.phone.replace(/\D/g, ''))
      .then((code) => fact({ fact: 'code', code, expiresAt: Date.now() + CODE_MS }))
      .catch(hooks.failed);
  });
}
