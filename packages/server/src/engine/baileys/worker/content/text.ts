import type { proto } from 'baileys';
import type { LinkPreview } from '../../../port.ts';
import type { ContentKind } from './kind.ts';

const MAX_WORDS = 1_024;
const MAX_THUMBNAIL = 16 * 1024;

function readPreview(message: proto.Message.IExtendedTextMessage | null | undefined): LinkPreview | undefined {
  const { matchedText, title, description, jpegThumbnail } = message ?? {};
  if (!matchedText || !title) return undefined;
  const picture = jpegThumbnail?.length && jpegThumbnail.length <= MAX_THUMBNAIL ? jpegThumbnail : undefined;
  return {
    url: matchedText,
    title: title.slice(0, MAX_WORDS),
    ...(description ? { description: description.slice(0, MAX_WORDS) } : {}),
    ...(picture ? { thumbnail: Buffer.from(picture).toString('base64') } : {}),
  };
}

export const text: ContentKind<'text'> = {
  write({ text: { body, preview } }) {
    if (!preview) return { conversation: body };
    const { url, title, description, thumbnail } = preview;
    return {
      extendedTextMessage: {
        text: body,
        matchedText: url,
        title,
        ...(description === undefined ? {} : { description }),
        ...(thumbnail === undefined ? {} : { jpegThumbnail: Buffer.from(thumbnail, 'base64') }),
      },
    };
  },
  read(message) {
    const body = message.conversation || message.extendedTextMessage?.text;
    const preview = readPreview(message.extendedTextMessage);
    return body ? { type: 'text', text: { body, ...(preview ? { preview } : {}) } } : undefined;
  },
};
