import type { Account, Companion } from './accounts.ts';
import { node } from './codec/node.ts';
import { type Core, nowSeconds, stanzaId } from './core.ts';
import type { Group } from './groups.ts';
import { isPicture } from './jpeg.ts';
import { addressOf, deliver } from './routing/deliver.ts';

/** The picture of an account or a group, as it was uploaded. */
export interface Picture {
  /** Another one with every change; it grows. */
  readonly id: string;
  readonly jpeg: Buffer;
}

export type Pictured = Account | Group;

const pathOf = ({ jid }: Pictured, id: string): string => `/v/picture/${jid.slice(0, jid.indexOf('@'))}/${id}`;

/** Where a picture is downloaded: WhatsApp's own address, for which the media host answers. */
export function pictureLink(of: Pictured, { id }: Picture): { url: string; path: string } {
  const path = pathOf(of, id);
  return { url: `https://pps.whatsapp.net${path}`, path };
}

/** Puts a picture where it is downloaded. */
export function publishPicture(core: Core, of: Pictured): void {
  if (of.picture) core.media.blobs.put(pathOf(of, of.picture.id), of.picture.jpeg);
}

export interface PictureChange {
  readonly of: Pictured;
  /** Undefined takes the picture away. */
  readonly jpeg: Buffer | undefined;
  readonly by: Account;
  /** The device that did it; the others hear of it. */
  readonly device?: Companion | undefined;
}

/** Changes a picture and tells who is to hear of it. False, and nothing changed, for what WhatsApp takes for none. */
export function changePicture(core: Core, change: PictureChange): boolean {
  const { of, jpeg } = change;
  if (jpeg && !isPicture(jpeg)) return false;
  const before = of.picture;
  if (before) core.media.blobs.delete(pathOf(of, before.id));
  of.picture = jpeg ? { id: String(Math.max(Date.now(), Number(before?.id ?? 0) + 1)), jpeg } : undefined;
  publishPicture(core, of);
  announcePicture(core, change);
  core.events.emit('changed');
  return true;
}

function announcePicture(core: Core, { of, by, device: except }: PictureChange): void {
  const form = core.options.addressing;
  const from = 'members' in of ? of.jid : addressOf(of, form);
  const what = { jid: from, id: of.picture?.id, author: addressOf(by, form) };
  for (const device of audience(core, of)) {
    if (device === except) continue;
    const attrs = { id: stanzaId(core, 'pic'), type: 'picture', from, t: nowSeconds() };
    deliver(core, device, node('notification', attrs, [node(of.picture ? 'set' : 'delete', what)]));
  }
}

/** Devices of a group's members; of an account's own and of those it has a chat with. */
function audience(core: Core, of: Pictured): Set<Companion> {
  const devices = new Set<Companion>();
  const add = (account: Account): void => {
    for (const device of account.devices.values()) devices.add(device);
  };
  if ('members' in of) {
    for (const user of of.members.keys()) add(core.registry.ensure(user));
    return devices;
  }
  add(of);
  for (const account of core.registry.all()) if (account.heardFrom.has(of.user)) add(account);
  for (const { account, id } of of.deviceListReaders.keys()) {
    const device = account.devices.get(id);
    if (device) devices.add(device);
  }
  return devices;
}
