import { proto } from 'baileys';
import { type Account, Companion } from '../accounts.ts';
import { messageText } from '../codec/message.ts';
import type { Node } from '../codec/node.ts';
import type { Core } from '../core.ts';
import { SandboxError } from '../errors.ts';
import { publishPicture } from '../pictures.ts';
import { fromJson } from './json.ts';
import {
  type AccountState,
  type DeviceState,
  type EnvelopeState,
  type NetworkState,
  type NodeState,
  type PhoneState,
  stateSchema,
} from './schema.ts';

/** Reads the text of a state file. Throws BAD_REQUEST when it is damaged or of another version. */
export function parseState(text: string): NetworkState {
  try {
    return stateSchema.parse(fromJson(text));
  } catch {
    throw new SandboxError('BAD_REQUEST', 'the sandbox state file is damaged or from another version');
  }
}

/** Fills a network that has just been made. Throws BAD_REQUEST when the state was written under another seed. */
export function restoreState(core: Core, state: NetworkState): void {
  if (state.seed !== core.options.seed) {
    throw new SandboxError('BAD_REQUEST', 'the sandbox state file was written under another seed');
  }
  for (const saved of state.accounts) restoreAccount(core, saved);
  // Only now does every device exist that others refer to.
  for (const saved of state.accounts) restoreReferences(core, saved);
  for (const group of state.groups) core.groups.set(group.jid, { ...group, picture: group.picture });
  for (const pictured of [...core.registry.all(), ...core.groups.values()]) publishPicture(core, pictured);
  core.appState.load(state.appState);
}

function restoreAccount(core: Core, saved: AccountState): void {
  const account = core.registry.ensure(saved.user, saved.name);
  account.about = saved.about;
  account.businessName = saved.businessName;
  account.picture = saved.picture;
  account.nextDevice = saved.nextDevice;
  account.onlyByInvite = saved.onlyByInvite;
  for (const jid of saved.blocked) account.blocked.add(jid);
  for (const device of saved.devices) account.devices.set(device.id, restoreDevice(core, account, device));
  restorePhone(account, saved.phone);
}

function restoreDevice(core: Core, account: Account, saved: DeviceState): Companion {
  const { id, noiseKey, identityKey, createdAt } = saved;
  const device = new Companion({ account, id, noiseKey, identityKey, createdAt, queueLimit: core.options.queueLimit });
  device.identityProof = saved.identityProof;
  device.onboarded = saved.onboarded;
  device.keys = saved.keys;
  for (const item of saved.queue) device.queue.push(toNode(item));
  return device;
}

function restorePhone({ phone }: Account, saved: PhoneState): void {
  Object.assign(phone.auto, saved.auto);
  for (const { message, ...entry } of saved.inbox) {
    const decoded = proto.Message.decode(message);
    phone.inbox.add({ ...entry, message: decoded, text: messageText(decoded) });
  }
  phone.receipts.push(...saved.receipts);
  for (const { id, to, message, edit } of saved.sent) {
    phone.rememberSent(id, { to, message: proto.Message.decode(message), edit });
  }
  if (saved.signal) {
    phone.signal.nextPreKey = saved.signal.nextPreKey;
    for (const [kind, values] of saved.signal.data) {
      for (const [id, value] of values) phone.signal.store.put(kind, id, value);
    }
  }
}

function restoreReferences(core: Core, saved: AccountState): void {
  const account = core.registry.ensure(saved.user);
  const { phone } = account;
  for (const { device, forms } of saved.deviceListReaders) {
    const reader = companion(core, device);
    if (reader) account.deviceListReaders.set(reader, new Set(forms));
  }
  for (const [group, jids] of saved.phone.senderKeyHolders) {
    phone.senderKeyHolders.set(group, new Set(jids.flatMap((jid) => companion(core, jid) ?? [])));
  }
  phone.online = false;
  for (const envelope of saved.phone.pending) restoreEnvelope(core, account, envelope);
  // Coming back online handles what was pending, as the phone would have.
  phone.online = saved.phone.online;
}

function restoreEnvelope(core: Core, account: Account, saved: EnvelopeState): void {
  const sender = core.registry.ensure(saved.sender.user).devices.get(saved.sender.device);
  if (!sender) return;
  account.phone.receive({ ...saved, sender, group: saved.group, encs: saved.encs.map(toNode) });
}

function companion(core: Core, jid: string): Companion | undefined {
  const endpoint = core.registry.endpoint(jid);
  return endpoint?.kind === 'companion' ? endpoint : undefined;
}

function toNode({ tag, attrs, content }: NodeState): Node {
  if (content === undefined) return { tag, attrs };
  return { tag, attrs, content: Array.isArray(content) ? content.map(toNode) : content };
}
