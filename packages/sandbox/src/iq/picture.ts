import type { Companion } from '../accounts.ts';
import { child, type Node, node } from '../codec/node.ts';
import type { Core } from '../core.ts';
import { isAdmin } from '../groups.ts';
import { changePicture, type Pictured, pictureLink } from '../pictures.ts';
import { failure, type Handler, type Request, result } from './reply.ts';

/** Whose picture a request is about: the group or the account named as its target, else the account itself. */
function picturedBy(core: Core, device: Companion, { attrs }: Node): Pictured | undefined {
  const { target } = attrs;
  if (target === undefined) return device.account;
  return core.groups.get(target) ?? core.registry.byJid(target);
}

function maySee(of: Pictured, { account }: Companion): boolean {
  return 'members' in of ? of.members.has(account.user) : !of.blocked.has(account.jid);
}

function mayChange(of: Pictured, { account }: Companion): boolean {
  if (!('members' in of)) return of === account;
  return of.members.has(account.user) && (!of.locked || isAdmin(of, account.user));
}

/** `w:profile:picture`: the pictures of accounts and groups. */
export const handlePicture: Handler = (request) => {
  const { core, device, iq, ask } = request;
  if (!device) return failure(request, 401, 'not-authorized');
  const of = picturedBy(core, device, iq);
  if (!of) return failure(request, 404, 'item-not-found');
  if (iq.attrs.type === 'set') return set(request, device, of);
  if (!maySee(of, device)) return failure(request, 401, 'not-authorized');
  if (!of.picture) return failure(request, 404, 'item-not-found');
  const { url, path } = pictureLink(of, of.picture);
  // WhatsApp has a smaller one too; here both are the same.
  const attrs = { id: of.picture.id, type: ask?.attrs.type ?? 'preview', url, direct_path: path };
  return result(request, [node('picture', attrs)]);
};

function set(request: Request, device: Companion, of: Pictured): Node {
  if (!mayChange(of, device)) return failure(request, 403, 'forbidden');
  const picture = child(request.iq, 'picture');
  const content = picture?.content;
  const jpeg = content instanceof Uint8Array ? Buffer.from(content) : undefined;
  const taken =
    (picture === undefined || jpeg) && changePicture(request.core, { of, jpeg, by: device.account, device });
  if (!taken) return failure(request, 406, 'not-acceptable');
  return result(request, of.picture ? [node('picture', { id: of.picture.id })] : []);
}
