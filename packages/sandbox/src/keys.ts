import type { Companion, Endpoint, PublicPreKey, SignedPreKey } from './accounts.ts';
import { SERVER_JID } from './codec/jid.ts';
import { bytes, child, type Node, node, uint, uintBytes } from './codec/node.ts';
import { type Core, nowSeconds, stanzaId } from './core.ts';
import type { Bundle } from './phone/signal.ts';
import { deliver } from './routing/deliver.ts';

/** Key type byte of Curve25519, as it appears beside every published key. */
export const KEY_TYPE = Buffer.of(5);

/** Hands out one bundle; a companion's one-time prekey is gone then, and it is asked for more when few are left. */
export function takeBundle(core: Core, endpoint: Endpoint): Bundle | undefined {
  if (endpoint.kind === 'phone') return endpoint.signal.publish(!core.faults.preKeyExhaustion);
  const keys = endpoint.keys;
  if (!keys) return undefined;
  const preKey = core.faults.preKeyExhaustion ? undefined : keys.preKeys.shift();
  const left = keys.preKeys.length;
  if (preKey && (left === core.options.preKeyLow || left === 0)) askForPreKeys(core, endpoint, left);
  const { registrationId, identity, signedPreKey } = keys;
  return { registrationId, identity, signedPreKey, preKey };
}

function askForPreKeys(core: Core, device: Companion, left: number): void {
  const attrs = { id: stanzaId(core, 'pk'), type: 'encrypt', from: SERVER_JID, t: nowSeconds() };
  deliver(core, device, node('notification', attrs, [node('count', { value: String(left) })]));
}

export function signedPreKeyNode(key: SignedPreKey): Node {
  return node('skey', {}, [
    node('id', {}, uintBytes(key.id, 3)),
    node('value', {}, key.key),
    node('signature', {}, key.signature),
  ]);
}

export function preKeyNode(key: PublicPreKey): Node {
  return node('key', {}, [node('id', {}, uintBytes(key.id, 3)), node('value', {}, key.key)]);
}

export function readPreKey(item: Node): PublicPreKey {
  return { id: uint(child(item, 'id')), key: bytes(child(item, 'value')) };
}

export function readSignedPreKey(item: Node): SignedPreKey {
  return { ...readPreKey(item), signature: bytes(child(item, 'signature')) };
}

/** Children that describe a bundle, in an answer to a key query. */
export function bundleNodes(bundle: Bundle): Node[] {
  const nodes = [
    node('registration', {}, uintBytes(bundle.registrationId, 4)),
    node('type', {}, KEY_TYPE),
    node('identity', {}, bundle.identity),
    signedPreKeyNode(bundle.signedPreKey),
  ];
  if (bundle.preKey) nodes.push(preKeyNode(bundle.preKey));
  return nodes;
}

/** The bundle a client puts into its later retry receipts; undefined when there is none. */
export function readRetryBundle(receipt: Node): Bundle | undefined {
  const keys = child(receipt, 'keys');
  const signed = child(keys, 'skey');
  const identity = bytes(child(keys, 'identity'));
  if (!signed || identity.length !== 32) return undefined;
  const preKey = child(keys, 'key');
  return {
    registrationId: uint(child(receipt, 'registration')),
    identity,
    signedPreKey: readSignedPreKey(signed),
    preKey: preKey ? readPreKey(preKey) : undefined,
  };
}
