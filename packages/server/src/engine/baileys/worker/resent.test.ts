import { proto } from 'baileys';
import { expect, it } from 'vitest';
import type { Names } from './history/message.ts';
import { resentMessages } from './resent.ts';

const names: Names = {
  self: { id: '15550001:3@s.whatsapp.net', lid: '9001:3@lid' },
  other: async () => undefined,
  sealSecret: (_waId, secret) => secret,
  sealMedia: ({ directPath }) => Buffer.from(directPath),
};

const file = {
  mimetype: 'image/jpeg',
  caption: 'look',
  directPath: '/v/t62.7118-24/file.enc',
  mediaKey: Buffer.alloc(32, 1),
  fileSha256: Buffer.alloc(32, 2),
  fileEncSha256: Buffer.alloc(32, 3),
  fileLength: 5,
};

function answer(): proto.IMessage {
  const webMessageInfoBytes = proto.WebMessageInfo.encode({
    key: { id: 'M1', remoteJid: '15550002@s.whatsapp.net', fromMe: false },
    messageTimestamp: 1_700_000_000,
    message: { imageMessage: file },
  }).finish();
  const peerDataOperationResult = [{ placeholderMessageResendResponse: { webMessageInfoBytes } }];
  return { protocolMessage: { peerDataOperationRequestResponseMessage: { peerDataOperationResult } } };
}

it('a message with a file says where the file lies, sealed', async () => {
  const [found] = await resentMessages(answer(), names);
  expect(found).toMatchObject({ waId: 'M1', content: { type: 'image', media: { caption: 'look' } }, offline: false });
  expect(Buffer.from(found?.sealedMedia ?? []).toString()).toBe(file.directPath);
});
