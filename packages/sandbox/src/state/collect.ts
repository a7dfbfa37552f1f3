import { proto } from 'baileys';
import type { Account, Companion } from '../accounts.ts';
import type { Message } from '../codec/message.ts';
import type { Node } from '../codec/node.ts';
import type { Core } from '../core.ts';
import type { Phone } from '../phone/phone.ts';
import type { Envelope } from '../phone/receiving.ts';
import {
  type AccountState,
  type DeviceState,
  type EnvelopeState,
  type NetworkState,
  type NodeState,
  type PhoneState,
  STATE_VERSION,
} from './schema.ts';

/** Takes the picture of a network in one go, so that it is consistent; costs time in proportion to its size. */
export function collectState(core: Core): NetworkState {
  return {
    version: STATE_VERSION,
    seed: core.options.seed,
    accounts: Array.from(core.registry.all(), accountState),
    groups: Array.from(core.groups.values(), (group) => ({ ...group })),
    appState: core.appState.save().map(([user, state]) => [user, { ...state, collections: collections(state) }]),
  };
}

function accountState(account: Account): AccountState {
  const { user, name, about, businessName, picture, nextDevice } = account;
  return {
    user,
    name,
    about,
    nextDevice,
    ...(businessName === undefined ? {} : { businessName }),
    ...(picture === undefined ? {} : { picture }),
    blocked: [...account.blocked],
    onlyByInvite: account.onlyByInvite,
    deviceListReaders: Array.from(account.deviceListReaders, ([{ jid }, forms]) => ({
      device: jid,
      forms: [...forms],
    })),
    devices: Array.from(account.devices.values(), deviceState),
    phone: phoneState(account.phone),
  };
}

function deviceState(device: Companion): DeviceState {
  const { id, noiseKey, identityKey, createdAt, identityProof, onboarded, keys } = device;
  return {
    id,
    noiseKey,
    identityKey,
    createdAt,
    onboarded,
    ...(identityProof ? { identityProof } : {}),
    ...(keys ? { keys } : {}),
    queue: device.queue.nodes().map(nodeState),
  };
}

function phoneState(phone: Phone): PhoneState {
  const signal = phone.signalIfAny;
  const { deliver, read, reply, onboard } = phone.auto;
  return {
    online: phone.online,
    auto: { deliver, read, onboard, ...(reply === undefined ? {} : { reply }) },
    inbox: phone.inbox.entries().map(({ text: _, ...entry }) => ({ ...entry, message: messageBytes(entry.message) })),
    receipts: phone.receipts,
    sent: Array.from(phone.sent, ([id, { to, message, edit }]) => ({
      id,
      to,
      message: messageBytes(message),
      ...(edit === undefined ? {} : { edit }),
    })),
    senderKeyHolders: new Map(
      Array.from(phone.senderKeyHolders, ([group, devices]) => [group, Array.from(devices, (device) => device.jid)]),
    ),
    pending: phone.pending.map(envelopeState),
    ...(signal ? { signal: { nextPreKey: signal.nextPreKey, data: signal.store.data } } : {}),
  };
}

function envelopeState(envelope: Envelope): EnvelopeState {
  const { sender, group, encs, ...rest } = envelope;
  return {
    ...rest,
    ...(group === undefined ? {} : { group }),
    sender: { user: sender.account.user, device: sender.id },
    encs: encs.map(nodeState),
  };
}

function nodeState(item: Node): NodeState {
  const { content } = item;
  const { tag, attrs } = item;
  if (content === undefined) return { tag, attrs };
  if (typeof content === 'string') return { tag, attrs, content };
  return { tag, attrs, content: Array.isArray(content) ? content.map(nodeState) : Buffer.from(content) };
}

function messageBytes(message: Message): Buffer {
  return Buffer.from(proto.Message.encode(proto.Message.fromObject(message)).finish());
}

type SavedAppState = ReturnType<Core['appState']['save']>[number][1];
type AppStateCollections = NetworkState['appState'][number][1]['collections'];

/** The app state's own structures are read-only views of arrays; the file's are plain ones. */
function collections(state: SavedAppState): AppStateCollections {
  return state.collections.map(({ name, server, phone }) => ({
    name,
    server: {
      version: server.version,
      records: server.records.map(([index, record]) => [index, Buffer.from(record)]),
      patches: server.patches.map((patch) => ({ version: patch.version, bytes: Buffer.from(patch.bytes) })),
      mac: Buffer.from(server.mac),
      keyId: Buffer.from(server.keyId),
    },
    phone: {
      version: phone.version,
      hash: phone.hash,
      macs: phone.macs.map(([index, mac]) => [index, mac]),
      values: phone.values.map(([index, value]) => [index, Buffer.from(value)]),
    },
  }));
}
