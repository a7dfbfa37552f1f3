import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { decryptPollVote, proto } from 'baileys';
import { describe, expect, it } from 'vitest';
import { openPollVote, optionHash, pollVoteKey } from '../../../../platform/crypto/message-secret.ts';
import {
  MEDIA_KINDS,
  type MediaFile,
  type MediaKind,
  type MessageContent,
  type MessageContext,
  type OutboundBody,
} from '../../../port.ts';
import { toJid } from '../address.ts';
import { readPayload } from '../content.ts';
import type { MediaReference } from '../media/reference.ts';
import { toProto } from './body.ts';

const CHAT = '15550002@s.whatsapp.net';
const naming = { chat: CHAT, self: '15550001@s.whatsapp.net', jidOf: toJid };
const secret = randomBytes(32);
const target = { waId: 'T1', fromMe: false, author: { kind: 'person', phone: '+15550002' } } as const;

const reference: MediaReference = {
  kind: 'image',
  directPath: '/v/1.enc?ccb=11-4',
  url: 'https://mmg.whatsapp.net/v/1.enc?ccb=11-4',
  key: randomBytes(32),
  sha256: randomBytes(32),
  encSha256: randomBytes(32),
  size: 123,
  at: 1_790_000_000,
};
const keys = {
  secret: () => secret,
  pollSecret: (waId: string, sealed: Uint8Array | undefined) => sealed ?? Buffer.from(waId.padEnd(32)),
  openMedia: () => reference,
};

const read = (body: OutboundBody, edit?: string) => {
  const message = toProto(body, naming, keys);
  if (!message) throw new Error('cannot be sent');
  return readPayload(proto.Message.encode(proto.Message.fromObject(message)).finish(), edit);
};

const CONTENTS: MessageContent[] = [
  { type: 'text', text: { body: '😀 שלום عالم\r\n' } },
  { type: 'text', text: { body: 'x'.repeat(65_536) } },
  {
    type: 'text',
    text: {
      body: 'see https://a.example',
      preview: { url: 'https://a.example', title: 'A', description: 'B', thumbnail: '/9j/' },
    },
  },
  { type: 'location', location: { latitude: -33.8567844, longitude: 151.213108 } },
  { type: 'location', location: { latitude: 0, longitude: 0, name: 'Null', address: 'Sea', url: 'https://a.example' } },
  { type: 'contacts', contacts: [{ name: 'Ada; B', phones: ['+15551234567'], organization: 'A, B', email: 'a@b.c' }] },
  {
    type: 'contacts',
    contacts: [
      { name: 'One', phones: ['+15551234567', '030 12'] },
      { name: 'Two', phones: [], vcard: 'BEGIN:VCARD\nFN:Two\nNOTE:x\nEND:VCARD' },
    ],
  },
  { type: 'poll', poll: { question: 'When?', options: ['Now', 'Later', 'Never'], selectableCount: 1 } },
  { type: 'poll', poll: { question: 'What?', options: ['A', 'B'], selectableCount: 0 } },
];

describe('content on the wire', () => {
  it.each(CONTENTS.map((content) => [content.type, content] as const))(
    '%s reads as it was written',
    (_type, content) => {
      expect(read({ content }).content).toEqual(content);
    },
  );

  it.each(CONTENTS.slice(1).map((content) => [content.type, content] as const))(
    '%s carries what it answers, whom it mentions and that it was forwarded',
    (_type, content) => {
      const mentions = [{ kind: 'person', phone: '+15551234567' } as const];
      const quoted = { waId: 'Q1', ref: target, content: { type: 'text', text: { body: 'first' } } as const };
      const payload = read({ content, context: { quoted, mentions, forwarded: true } });
      expect(payload.content).toEqual(content);
      expect(payload.context).toEqual({ quoted: { waId: 'Q1' }, mentions, forwarded: true });
      const everyone: MessageContext = { mentions: 'everyone' };
      expect(read({ content, context: everyone }).context).toEqual(everyone);
    },
  );

  it.each(MEDIA_KINDS)('%s carries its file and all that is said of it, and is never sent without', (type) => {
    const sha256 = Buffer.from(reference.sha256).toString('hex');
    const file = { mimeType: 'a/b', size: 123, sha256 };
    const sides = { width: 640, height: 480 };
    const media: Record<MediaKind, MediaFile> = {
      image: { ...file, ...sides, caption: 'c', viewOnce: true, thumbnail: '/9j/' },
      video: { ...file, ...sides, caption: 'c', viewOnce: true, seconds: 3, thumbnail: '/9j/' },
      audio: { ...file, seconds: 3, viewOnce: true },
      voice: { ...file, seconds: 3, viewOnce: true, waveform: Buffer.alloc(64, 7).toString('base64') },
      document: { ...file, caption: 'c', fileName: 'ä.pdf', thumbnail: '/9j/' },
      sticker: { ...file, ...sides, animated: true },
    };
    const content = { type, media: { ...media[type], sealed: Uint8Array.of(1) } } as MessageContent;
    const payload = read({ content, context: { forwarded: true } });
    expect(payload.content).toEqual({ type, media: media[type] });
    expect(payload.context).toEqual({ forwarded: true });
    const { url: _url, ...place } = reference;
    expect(payload.file).toEqual({ ...place, kind: type });
    expect(toProto({ content: { type, media: media[type] } as MessageContent }, naming, keys)).toBeUndefined();
    const quoted = { waId: 'Q1', ref: target, content: { type, media: media[type] } as MessageContent };
    const quote = toProto({ content: { type: 'text', text: { body: 'x' } }, context: { quoted } }, naming, keys);
    expect(JSON.stringify(quote)).toContain('a/b');
    expect(JSON.stringify(quote)).not.toContain('mediaKey');
  });

  it('a file without keys or with a path of nowhere cannot be fetched, and is shown all the same', () => {
    const bytes = proto.Message.encode(
      proto.Message.fromObject({ imageMessage: { mimetype: 'image/jpeg', url: 'https://evil.example/x' } }),
    ).finish();
    expect(readPayload(bytes)).toEqual({ content: { type: 'image', media: { mimeType: 'image/jpeg', size: 0 } } });
  });

  it('an edit says again what its message says beside the text', () => {
    const quoted = { waId: 'Q1', ref: target, content: { type: 'text', text: { body: 'first' } } as const };
    const mentions = [{ kind: 'person', phone: '+15551234567' } as const];
    const content = { type: 'edit', edit: { messageId: 'msg_1', text: { body: 'new' } } } as const;
    const own = { waId: 'T1', fromMe: true };
    const edit = toProto({ content, target: own, context: { quoted, mentions } }, naming, keys);
    const contextInfo = { stanzaId: 'Q1', mentionedJid: ['15551234567@s.whatsapp.net'] };
    expect(edit?.protocolMessage?.editedMessage?.extendedTextMessage).toMatchObject({ text: 'new', contextInfo });
    const bare = toProto({ content, target: own }, naming, keys);
    expect(bare?.protocolMessage?.editedMessage).toEqual({ conversation: 'new' });
  });

  it('a quoted poll does not give its secret away', () => {
    const poll = CONTENTS.at(-1);
    if (poll === undefined) throw new Error('no poll');
    const context: MessageContext = { quoted: { waId: 'Q1', ref: target, content: poll } };
    const message = toProto({ content: { type: 'text', text: { body: 'x' } }, context }, naming, keys);
    expect(message?.extendedTextMessage?.contextInfo?.quotedMessage).toMatchObject({
      pollCreationMessage: { name: 'What?' },
    });
    expect(JSON.stringify(message)).not.toContain('messageSecret');
    expect(read({ content: poll }).secret).toEqual(secret);
  });

  it('reactions, edits and revokes read as changes of the message they name, never as messages', () => {
    const reaction = read({ content: { type: 'reaction', reaction: { messageId: 'msg_1', emoji: '👍' } }, target });
    expect(reaction).toMatchObject({
      content: null,
      change: { targetWaId: 'T1', change: { type: 'reaction', emoji: '👍' } },
    });
    const text = { body: 'new' };
    const edit = read({ content: { type: 'edit', edit: { messageId: 'msg_1', text } }, target }, '1');
    expect(edit).toMatchObject({
      content: null,
      change: { targetWaId: 'T1', change: { type: 'edit', content: { text } } },
    });
    const revoke: OutboundBody = { content: { type: 'revoke', revoke: { messageId: 'msg_1' } }, target };
    expect(read(revoke, '7').change?.change).toEqual({ type: 'revoke', byAdmin: false });
    expect(read(revoke, '8').change?.change).toEqual({ type: 'revoke', byAdmin: true });
  });

  it('keeps a kind it does not know under its name, and drops keys and housekeeping', () => {
    const bytes = (fields: object) => proto.Message.encode(proto.Message.fromObject(fields)).finish();
    expect(readPayload(bytes({ orderMessage: { orderId: '1' } })).content).toEqual({
      type: 'unsupported',
      unsupported: { kind: 'orderMessage' },
    });
    expect(readPayload(bytes({ protocolMessage: { type: 3 } })).content).toBeNull();
    // A reaction in its newer, encrypted form: a person's doing, not housekeeping.
    const encReactionMessage = { targetMessageKey: { id: 'T1' }, encPayload: secret, encIv: secret.subarray(12) };
    expect(readPayload(bytes({ encReactionMessage })).content).toEqual({
      type: 'unsupported',
      unsupported: { kind: 'encReactionMessage' },
    });
  });

  it('a status update reads in the style it was written in, as far as it says', () => {
    const content = { type: 'text', text: { body: 'Open on Sunday' } } as const;
    for (const font of ['system', 'text', 'script', 'bold', 'morningbreeze', 'calistoga', 'exo2', 'courier'] as const)
      expect(read({ content, style: { background: '#0088ff', font } }).style).toEqual({ background: '#0088ff', font });
    expect(read({ content, style: { background: '#ffffff' } }).style).toEqual({ background: '#ffffff' });
    expect(read({ content })).toEqual({ content });
    const message = { extendedTextMessage: { text: 'x', backgroundArgb: 0xff00ff00, font: 99 } };
    const bytes = proto.Message.encode(proto.Message.fromObject(message)).finish();
    expect(readPayload(bytes).style).toEqual({ background: '#00ff00' });
    const voice = { type: 'voice', media: { mimeType: 'audio/ogg', size: 1, sealed: Uint8Array.of(1) } } as const;
    expect(read({ content: voice, style: { background: '#128c7e' } }).style).toEqual({ background: '#128c7e' });
  });
});

it('seals votes as the engine library opens them, on a poll of another and on one of ours', () => {
  const vote: OutboundBody['content'] = { type: 'vote', vote: { messageId: 'msg_1', options: ['B', 'A'] } };
  const self = naming.self;
  for (const [ref, creator, targetSecret, pollEncKey] of [
    [target, CHAT, secret, secret],
    [{ waId: 'T1', fromMe: true }, self, undefined, Buffer.from('T1'.padEnd(32))],
  ] as const) {
    const body: OutboundBody = { content: vote, target: ref, ...(targetSecret ? { targetSecret } : {}) };
    const { pollUpdateMessage } = toProto(body, naming, keys) ?? {};
    expect(pollUpdateMessage?.pollCreationMessageKey).toMatchObject({ id: 'T1', fromMe: ref.fromMe, remoteJid: CHAT });
    const names = { pollCreatorJid: creator, pollMsgId: 'T1', pollEncKey, voterJid: self };
    const opened = decryptPollVote(pollUpdateMessage?.vote ?? {}, names);
    expect(opened.selectedOptions?.map((one) => Buffer.from(one))).toEqual(['B', 'A'].map(optionHash));
  }
  const none = toProto({ content: { type: 'vote', vote: { messageId: 'msg_1', options: [] } } }, naming, keys);
  expect(none).toBeUndefined();
});

it('opens votes as the engine library does, and nothing under another name', () => {
  const [pollMsgId, pollCreatorJid, voterJid] = ['POLL1', '15550001@s.whatsapp.net', '200@lid'];
  const vote = { secret, pollId: pollMsgId, creator: pollCreatorJid, voter: voterJid };
  const selectedOptions = ['A', 'B'].map((option) => createHash('sha256').update(option).digest());
  const encIv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', pollVoteKey(vote), encIv);
  cipher.setAAD(Buffer.from(`${pollMsgId}\0${voterJid}`));
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions }).finish();
  const encPayload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const theirs = decryptPollVote({ encPayload, encIv }, { pollCreatorJid, pollMsgId, pollEncKey: secret, voterJid });
  const ours = openPollVote(vote, { payload: encPayload, iv: encIv });
  expect(ours).toEqual(theirs.selectedOptions?.map((one) => Buffer.from(one)));
  expect(ours?.[0]).toEqual(optionHash('A'));
  expect(openPollVote({ ...vote, voter: '15550003@s.whatsapp.net' }, { payload: encPayload, iv: encIv })).toBeNull();
});
