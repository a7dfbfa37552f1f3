import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  hkdf,
  hmacSign,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
} from 'baileys';
import { faultsOf } from '../account-faults.ts';
import { Companion } from '../accounts.ts';
import { SERVER_JID } from '../codec/jid.ts';
import { bytes, child, node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import { nowSeconds } from '../core.ts';
import { SandboxError } from '../errors.ts';
import { announceDevice } from '../routing/device-list.ts';
import type { Phone } from './phone.ts';

const ANSWER_MS = 15_000;
const KEY_BYTES = 32;

interface CompanionSecrets {
  readonly noiseKey: Buffer;
  readonly identityKey: Buffer;
  readonly advSecret: Buffer;
}

/**
 * Reads a QR text: `ref,noise key,identity key,ADV secret[,platform]`, bare or behind
 * `https://wa.me/settings/linked_devices#` (the form current clients show).
 */
export function parseQr(qr: string): { ref: string } & CompanionSecrets {
  const [ref, noise, identity, adv] = qr.slice(qr.indexOf('#') + 1).split(',');
  if (!ref || !noise || !identity || !adv) throw new SandboxError('BAD_REQUEST', 'this is not a linking QR code');
  const decode = (part: string): Buffer => {
    const key = Buffer.from(part, 'base64');
    if (key.length !== KEY_BYTES) throw new SandboxError('BAD_REQUEST', 'this is not a linking QR code');
    return key;
  };
  return { ref, noiseKey: decode(noise), identityKey: decode(identity), advSecret: decode(adv) };
}

export async function scanQr(phone: Phone, qr: string): Promise<Companion> {
  const { ref, ...secrets } = parseQr(qr);
  return link(phone, phone.core.refs.take(ref), secrets);
}

/** Signs the new device into the account and waits for its countersignature; then the client is told to reconnect. */
async function link(phone: Phone, connection: Connection, secrets: CompanionSecrets): Promise<Companion> {
  const { core, account } = phone;
  if (faultsOf(core.faults, account.user).passkey) {
    const asks = { id: phone.newStanzaId(), type: 'passkey_prologue_request', from: SERVER_JID, t: nowSeconds() };
    connection.send(node('notification', asks, [node('passkey_prologue_request')]));
    throw new SandboxError('PASSKEY_REQUIRED', 'this account links devices only with a passkey');
  }
  const device = new Companion({
    account,
    id: account.nextDevice++,
    noiseKey: secrets.noiseKey,
    identityKey: secrets.identityKey,
    queueLimit: core.options.queueLimit,
    createdAt: Date.now(),
  });
  const id = phone.newStanzaId();
  const answer = connection.waitFor((item) => item.tag === 'iq' && item.attrs.id === id, ANSWER_MS);
  const content = [
    node('device', { jid: device.jid, lid: device.lid }),
    node('platform', { name: 'android' }),
    node('device-identity', {}, signedIdentity(phone, device, secrets.advSecret)),
  ];
  if (account.businessName !== undefined) content.push(node('biz', { name: account.businessName }));
  const attrs = { id, type: 'set', xmlns: 'md', from: SERVER_JID, t: nowSeconds() };
  connection.send(node('iq', attrs, [node('pair-success', {}, content)]));
  const signed = child(child(await answer, 'pair-device-sign'), 'device-identity');
  if (!signed) throw new SandboxError('PROTOCOL', 'the client refused the pairing');
  device.identityProof = bytes(signed);
  account.devices.set(device.id, device);
  core.stats.pairings++;
  core.events.emit('paired', device);
  core.events.emit('changed');
  announceDevice(core, device, 'add');
  core.later(core.options.restartDelayMs, () => connection.end(node('stream:error', { code: '515' })));
  return device;
}

function signedIdentity(phone: Phone, device: Companion, advSecret: Buffer): Uint8Array {
  const { identity } = phone.signal.keys;
  const fields = { rawId: phone.account.rawId, timestamp: Math.floor(Date.now() / 1000), keyIndex: device.id };
  const details = proto.ADVDeviceIdentity.encode(fields).finish();
  const signedText = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, device.identityKey]);
  const accountSignature = Curve.sign(identity.private, signedText);
  const account = { details, accountSignatureKey: identity.public, accountSignature };
  const body = proto.ADVSignedDeviceIdentity.encode(account).finish();
  return proto.ADVSignedDeviceIdentityHMAC.encode({ details: body, hmac: hmacSign(body, advSecret) }).finish();
}

/** The phone's side of linking with a pairing code: both prove they know the code, then agree on the ADV secret. */
export async function typeLinkCode(phone: Phone, code: string): Promise<Companion> {
  const { core, account } = phone;
  const request = core.linkCodes.get(account.user);
  const wrapped = request.wrappedEphemeral;
  const codeKey = await derivePairingCodeKey(code, wrapped.subarray(0, 32));
  const companionEphemeral = aesDecryptCTR(wrapped.subarray(48, 80), codeKey, wrapped.subarray(32, 48));
  const ephemeral = Curve.generateKeyPair();
  const finish = request.connection.waitFor(
    (item) => item.tag === 'iq' && child(item, 'link_code_companion_reg')?.attrs.stage === 'companion_finish',
    ANSWER_MS,
  );
  const attrs = { id: phone.newStanzaId(), type: 'link_code_companion_reg', from: SERVER_JID, t: nowSeconds() };
  const hello = node('link_code_companion_reg', { stage: 'primary_hello' }, [
    node('link_code_pairing_wrapped_primary_ephemeral_pub', {}, await wrapEphemeral(phone, code, ephemeral.public)),
    node('primary_identity_pub', {}, phone.signal.keys.identity.public),
    node('link_code_pairing_ref', {}, Buffer.from(request.ref)),
  ]);
  request.connection.send(node('notification', attrs, [hello]));
  const bundle = bytes(child(child(await finish, 'link_code_companion_reg'), 'link_code_pairing_wrapped_key_bundle'));
  const shared = Curve.sharedKey(ephemeral.private, companionEphemeral);
  const secrets = openKeyBundle(phone, bundle, shared);
  core.linkCodes.delete(account.user);
  return link(phone, request.connection, { ...secrets, noiseKey: request.noiseKey });
}

async function wrapEphemeral(phone: Phone, code: string, publicKey: Uint8Array): Promise<Buffer> {
  const salt = phone.core.random.bytes(32);
  const iv = phone.core.random.bytes(16);
  const key = await derivePairingCodeKey(code, salt);
  return Buffer.concat([salt, iv, aesEncryptCTR(publicKey, key, iv)]);
}

// Both sides made their keys from the code: with another the other side's cannot be opened.
function decrypted<T>(open: () => T): T {
  try {
    return open();
  } catch {
    throw new SandboxError('LINK_CODE_WRONG', 'this is not the code that the device shows');
  }
}

function openKeyBundle(phone: Phone, bundle: Buffer, shared: Buffer): Omit<CompanionSecrets, 'noiseKey'> {
  const info = 'link_code_pairing_key_bundle_encryption_key';
  const key = hkdf(shared, 32, { salt: bundle.subarray(0, 32), info });
  const plain = decrypted(() => aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0)));
  const identityKey = Buffer.from(plain.subarray(0, 32));
  const identityShared = Curve.sharedKey(phone.signal.keys.identity.private, identityKey);
  const material = Buffer.concat([shared, identityShared, plain.subarray(64)]);
  return { identityKey, advSecret: Buffer.from(hkdf(material, 32, { info: 'adv_secret' })) };
}

export function unlinkDevice(phone: Phone, deviceId: number): void {
  const { core, account } = phone;
  const device = account.devices.get(deviceId);
  if (!device) throw new SandboxError('NO_SUCH_DEVICE', `${account.user} has no linked device ${deviceId}`);
  account.devices.delete(deviceId);
  announceDevice(core, device, 'remove');
  core.events.emit('logout', device);
  core.events.emit('changed');
  const reason = node('conflict', { type: 'device_removed' });
  device.connection?.end(node('stream:error', { code: '401' }, [reason]));
}
