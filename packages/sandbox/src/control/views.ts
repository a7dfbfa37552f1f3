import { proto } from 'baileys';
import type { AccountFaults } from '../account-faults.ts';
import type { Account } from '../accounts.ts';
import type { Message } from '../codec/message.ts';
import { describeContent } from '../content/describe.ts';
import { readVote } from '../content/read-vote.ts';
import type { Faults } from '../faults.ts';
import type { InboxEntry } from '../phone/inbox.ts';
import type { Phone } from '../phone/phone.ts';

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

export function entryView(phone: Phone, entry: InboxEntry) {
  const { message, text, at, ...rest } = entry;
  return {
    ...rest,
    text: text ?? null,
    at: new Date(at).toISOString(),
    ...describeContent(message, { file: phone.files.get(entry.id), vote: readVote(phone, entry) }),
    message: messageToJson(message),
  };
}

/** JSON form: what is off is null. */
export function accountFaultsView(faults: AccountFaults) {
  const { deaf, nack, reachOutLockUntil, rejectLogin, ...rest } = faults;
  return {
    ...rest,
    deaf: deaf ?? null,
    nack: nack ?? null,
    reachOutLockUntil: reachOutLockUntil ?? null,
    rejectLogin: rejectLogin ?? null,
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
    accounts: Object.fromEntries(Array.from(faults.accounts, ([user, own]) => [user, accountFaultsView(own)])),
  };
}
