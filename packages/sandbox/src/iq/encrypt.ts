import { createHash } from 'node:crypto';
import type { Companion, PublishedKeys } from '../accounts.ts';
import { bytes, child, children, type Node, node, uint, uintBytes } from '../codec/node.ts';
import { bundleNodes, KEY_TYPE, readPreKey, readSignedPreKey, signedPreKeyNode, takeBundle } from '../keys.ts';
import { onboard } from '../phone/onboarding.ts';
import { failure, type Request, result } from './reply.ts';

/** `encrypt`: how many prekeys are left, are they the right ones, other people's keys, new ones, a rotated signed one. */
export function handleEncrypt(request: Request): Node {
  const { iq, ask, device } = request;
  if (iq.attrs.type === 'set') return publish(request);
  if (ask?.tag === 'count')
    return result(request, [node('count', { value: String(device?.keys?.preKeys.length ?? 0) })]);
  if (ask?.tag === 'digest') return digest(request);
  if (ask?.tag === 'key' || ask?.tag === 'key_fetch') return fetchKeys(request, ask);
  return failure(request, 400, 'bad-request');
}

function digest(request: Request): Node {
  const keys = request.device?.keys;
  if (!keys) return failure(request, 404, 'item-not-found');
  const content = [
    node('registration', {}, uintBytes(keys.registrationId, 4)),
    node('type', {}, KEY_TYPE),
    node('identity', {}, keys.identity),
    signedPreKeyNode(keys.signedPreKey),
    node(
      'list',
      {},
      keys.preKeys.map(({ id }) => node('id', {}, uintBytes(id, 3))),
    ),
    node('hash', {}, bundleHash(keys)),
  ];
  return result(request, [node('digest', {}, content)]);
}

/** SHA-1 over identity, signed prekey, its signature and every one-time prekey: clients compare it with their own keys. */
export function bundleHash(keys: PublishedKeys): Buffer {
  const hash = createHash('sha1')
    .update(keys.identity)
    .update(keys.signedPreKey.key)
    .update(keys.signedPreKey.signature);
  for (const preKey of keys.preKeys) hash.update(preKey.key);
  return hash.digest();
}

function fetchKeys(request: Request, ask: Node): Node {
  const { core } = request;
  const users = children(ask, 'user').map((user) => {
    const { jid } = user.attrs;
    const endpoint = core.registry.endpoint(jid);
    const bundle = endpoint && takeBundle(core, endpoint);
    if (!bundle) return node('user', { jid }, [node('error', { code: '404', text: 'item-not-found' })]);
    const proof = endpoint.kind === 'companion' ? endpoint.identityProof : undefined;
    return node('user', { jid }, [...bundleNodes(bundle), ...(proof ? [node('device-identity', {}, proof)] : [])]);
  });
  core.events.emit('changed');
  return result(request, [node('list', {}, users)]);
}

function publish(request: Request): Node {
  const { core, device, iq } = request;
  if (!device) return failure(request, 401, 'not-authorized');
  const signed = child(iq, 'skey') ?? child(child(iq, 'rotate'), 'skey');
  const identity = child(iq, 'identity');
  if (!identity) {
    if (!signed || !device.keys) return failure(request, 400, 'bad-request');
    device.keys.signedPreKey = readSignedPreKey(signed);
    core.events.emit('changed');
    return result(request);
  }
  if (!signed) return failure(request, 400, 'bad-request');
  device.keys = {
    registrationId: uint(child(iq, 'registration')),
    identity: bytes(identity),
    signedPreKey: readSignedPreKey(signed),
    preKeys: [...(device.keys?.preKeys ?? []), ...children(child(iq, 'list'), 'key').map(readPreKey)],
  };
  core.events.emit('preKeys', device);
  core.events.emit('changed');
  startOnboarding(device);
  return result(request);
}

function startOnboarding(device: Companion): void {
  const { phone } = device.account;
  if (device.onboarded || !phone.auto.onboard) return;
  device.onboarded = true;
  phone.enqueue(() => onboard(phone, device));
}
