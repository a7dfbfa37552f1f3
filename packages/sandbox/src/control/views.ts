import { proto } from 'baileys';
import type { Account } from '../accounts.ts';
import type { Message } from '../codec/message.ts';
import { describeContent } from '../content/describe.ts';
import type { Faults } from '../faults.ts';
import type { InboxEntry } from '../phone/inbox.ts';

/** JSON form of a message: bytes are base64, 64-bit numbers are text, enumerations are names. */
export function messageToJson(message: Message): Record<string, unknown> {
  const plain = proto.Message.fromObject(message);
  return proto.Message.toObject(plain, { bytes: String, longs: String, enums: String });
}

export function accountView(account: Account) {
  return {
    number: `+${account.user}`,
    jid: account.jid,
    lid: account.lid,
    name: account.name,
    online: account.phone.online,
    auto: { ...account.phone.auto, reply: account.phone.auto.reply ?? null },
    devices: Array.from(account.devices.values(), (device) => ({
      id: device.id,
      jid: device.jid,
      connected: device.connection !== undefined,
      queued: device.queue.size,
      createdAt: new Date(device.createdAt).toISOString(),
    })),
  };
}

export function entryView(entry: InboxEntry) {
  const { message, text, at, ...rest } = entry;
  return {
    ...rest,
    text: text ?? null,
    at: new Date(at).toISOString(),
    ...describeContent(message),
    message: messageToJson(message),
  };
}

export function faultsView(faults: Faults) {
  return {
    ...faults,
    nack: faults.nack ?? null,
    rejectLogin: faults.rejectLogin ?? null,
    minVersion: faults.minVersion ? [...faults.minVersion] : null,
    nackFor: Object.fromEntries(faults.nackFor),
    muteIq: [...faults.muteIq],
  };
}
