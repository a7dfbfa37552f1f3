import type { Account, Companion } from '../accounts.ts';
import { type Node, node } from '../codec/node.ts';
import { type Core, nowSeconds, stanzaId } from '../core.ts';
import type { Group } from '../groups.ts';
import { deliver } from '../routing/deliver.ts';

export interface GroupNotice {
  readonly group: Group;
  readonly by: Account;
  readonly change: Node;
}

/** Tells every device of every member, except the one that made the change. */
export function announceGroup(core: Core, { group, by, change: item }: GroupNotice, except?: Companion): void {
  const lid = core.options.addressing === 'lid';
  const author = lid
    ? { participant: by.lid, participant_pn: by.jid }
    : { participant: by.jid, participant_lid: by.lid };
  for (const user of group.members.keys()) {
    for (const device of core.registry.ensure(user).devices.values()) {
      if (device === except) continue;
      const attrs = { id: stanzaId(core, 'g'), type: 'w:gp2', from: group.jid, ...author, t: nowSeconds() };
      const more = { notify: by.name, addressing_mode: core.options.addressing };
      deliver(core, device, node('notification', { ...attrs, ...more }, [item]));
    }
  }
}
