import { parseJid } from '../codec/jid.ts';
import { bytes, child, type Node, node } from '../codec/node.ts';
import { unlinkDevice } from '../phone/linking.ts';
import { failure, type Request, result } from './reply.ts';

/** `md`: asking for a pairing code, finishing the link, and logging out. */
export function handleDevice(request: Request): Node | undefined {
  const { ask, device, connection } = request;
  if (ask?.tag === 'link_code_companion_reg') return linkCode(request, ask);
  if (ask?.tag !== 'remove-companion-device') return result(request);
  if (!device) return failure(request, 401, 'not-authorized');
  connection.send(result(request));
  unlinkDevice(device.account.phone, device.id);
  return undefined;
}

function linkCode(request: Request, ask: Node): Node {
  const { core, connection } = request;
  if (ask.attrs.stage !== 'companion_hello') return result(request);
  const user = parseJid(ask.attrs.jid)?.user ?? '';
  if (!core.registry.byUser(user, 'pn')) return failure(request, 404, 'item-not-found');
  const ref = core.random.bytes(12).toString('base64url');
  const wrappedEphemeral = bytes(child(ask, 'link_code_pairing_wrapped_companion_ephemeral_pub'));
  const noiseKey = bytes(child(ask, 'companion_server_auth_key_pub'));
  core.linkCodes.set(user, { connection, ref, wrappedEphemeral, noiseKey });
  core.events.emit('linkCode', user);
  const answer = node('link_code_pairing_ref', {}, Buffer.from(ref));
  return result(request, [node('link_code_companion_reg', { stage: 'companion_hello' }, [answer])]);
}
