import type { Companion } from '../accounts.ts';
import { node } from '../codec/node.ts';
import { type Core, nowSeconds, stanzaId } from '../core.ts';
import { deliver } from './deliver.ts';

/** Tells whoever knows this account's device list that a device came or went, so that cached lists do not go stale. */
export function announceDevice(core: Core, device: Companion, change: 'add' | 'remove'): void {
  const { account } = device;
  for (const [watcher, forms] of account.deviceListReaders) {
    if (watcher === device || watcher.account.devices.get(watcher.id) !== watcher) {
      account.deviceListReaders.delete(watcher);
      continue;
    }
    for (const form of forms) {
      const from = form === 'lid' ? account.lid : account.jid;
      const jid = form === 'lid' ? device.lid : device.jid;
      const item = node('device', { jid, 'key-index': String(device.id) });
      const attrs = { id: stanzaId(core, 'dl'), type: 'devices', from, t: nowSeconds() };
      deliver(core, watcher, node('notification', attrs, [node(change, { device_hash: '2:sandbox' }, [item])]));
    }
  }
}
