import { proto } from 'baileys';
import { expect, it } from 'vitest';
import { optionHash } from '../../../../platform/crypto/message-secret.ts';
import type { Address } from '../../../port.ts';
import { messageOf, type Names } from './message.ts';

const GROUP = '120363000000000018@g.us';
const TEAM: Address = { kind: 'group', id: '120363000000000018' };
const AT = 1_700_000_000;
const ADA = '15550002@s.whatsapp.net';
const names: Names = {
  self: { id: '15550001:3@s.whatsapp.net', lid: '9001:3@lid' },
  other: async (jid) => (jid === '9003@lid' ? '15550003@s.whatsapp.net' : undefined),
  sealSecret: (_waId, secret) => secret,
  sealMedia: ({ key }) => key,
};
const key = { id: 'P1', remoteJid: GROUP, fromMe: true };
const options = [{ optionName: 'Morning' }, { optionName: 'Evening' }];
const pollCreationMessage = { name: 'When?', options, selectableOptionsCount: 2 };

/** As it comes: a protobuf. */
const told = (info: Partial<proto.IWebMessageInfo>) =>
  proto.WebMessageInfo.decode(
    proto.WebMessageInfo.encode({ key, messageTimestamp: AT, message: { pollCreationMessage }, ...info }).finish(),
  );

const by = (id: string, participant: string, fromMe = false) => ({ id, remoteJid: GROUP, participant, fromMe });

it('votes of the past say which options they are for, and who cast them', async () => {
  const chosen = (...texts: string[]) => ({ selectedOptions: texts.map(optionHash) });
  const at = { senderTimestampMs: AT * 1000 + 500 };
  const pollUpdates = [
    { pollUpdateMessageKey: by('V1', ADA), vote: chosen('Evening', 'Morning'), ...at },
    { pollUpdateMessageKey: by('V2', '9003@lid'), vote: chosen('Evening'), serverTimestampMs: AT * 1000 + 700 },
    // Taken back.
    { pollUpdateMessageKey: by('V3', '15550001@s.whatsapp.net', true), vote: chosen() },
    { pollUpdateMessageKey: by('V4', ADA), vote: chosen('Never'), ...at },
    { pollUpdateMessageKey: by('V5', ADA), ...at },
    { pollUpdateMessageKey: by('V'.repeat(200), ADA), vote: chosen('Evening'), ...at },
  ];
  const message = await messageOf(told({ pollUpdates }), TEAM, names);
  const ada = { kind: 'person', phone: '+15550002' };
  const ben = { kind: 'person', phone: '+15550003', lid: '9003' };
  const self = { kind: 'person', phone: '+15550001', lid: '9001' };
  expect(message?.votes).toEqual([
    { waId: 'V1', sender: ada, fromMe: false, options: ['Morning', 'Evening'], at: AT * 1000 + 500 },
    { waId: 'V2', sender: ben, fromMe: false, options: ['Evening'], at: AT * 1000 + 700 },
    { waId: 'V3', sender: self, fromMe: true, options: [], at: AT * 1000 },
  ]);
  const text = await messageOf(told({ message: { conversation: 'no poll' }, pollUpdates }), TEAM, names);
  expect(text).not.toHaveProperty('votes');
});

it('receipts of the past say what each member of a group did with a message of the account', async () => {
  const userReceipt = [
    { userJid: ADA, receiptTimestamp: AT + 1, readTimestamp: AT + 2, playedTimestamp: AT + 3 },
    { userJid: '9003@lid', receiptTimestamp: AT + 4 },
    { userJid: '9001@lid', receiptTimestamp: AT + 5 },
    { userJid: 'nobody', receiptTimestamp: AT + 6 },
  ];
  const ada = { kind: 'person', phone: '+15550002' };
  const message = await messageOf(told({ userReceipt }), TEAM, names);
  expect(message?.receipts).toEqual([
    { person: ada, status: 'delivered', at: (AT + 1) * 1000 },
    { person: ada, status: 'read', at: (AT + 2) * 1000 },
    { person: ada, status: 'played', at: (AT + 3) * 1000 },
    { person: { kind: 'person', phone: '+15550003', lid: '9003' }, status: 'delivered', at: (AT + 4) * 1000 },
  ]);
  const alone = await messageOf(told({ userReceipt }), { kind: 'person', phone: '+15550002' }, names);
  expect(alone).not.toHaveProperty('receipts');
  const theirs = { key: { ...key, fromMe: false, participant: ADA } };
  expect(await messageOf(told({ userReceipt, ...theirs }), TEAM, names)).not.toHaveProperty('receipts');
});
