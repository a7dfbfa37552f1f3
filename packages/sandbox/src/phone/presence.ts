import { node } from '../codec/node.ts';
import { addressOf, deliver } from '../routing/deliver.ts';
import type { Phone } from './phone.ts';
import { resolveTarget } from './sending.ts';

/** Sends `composing`, `recording` (as WhatsApp does: composing with audio) or `paused`. */
export function sendChatstate(phone: Phone, to: string, state: string): void {
  const { core, account } = phone;
  const target = resolveTarget(core, to);
  const self = addressOf(account, core.options.addressing);
  const item = state === 'recording' ? node('composing', { media: 'audio' }) : node(state);
  const users = 'members' in target ? [...target.members.keys()] : [target.user];
  const attrs = 'members' in target ? { from: target.jid, participant: self } : { from: self };
  for (const user of users) {
    const other = core.registry.ensure(user);
    if (other === account) continue;
    other.phone.typing.set(account.jid, state);
    for (const device of other.devices.values()) deliver(core, device, node('chatstate', attrs, [item]));
  }
}
