import { proto } from 'baileys';
import { z } from 'zod';
import type { Message } from '../codec/message.ts';

const RGB = 0xffffff;

/** What a phone shows of a link in a text. The thumbnail is a JPEG in base64. */
export const previewField = z.strictObject({
  url: z.string().min(1).max(2_048),
  title: z.string().min(1).max(1_024),
  description: z.string().min(1).max(1_024).optional(),
  thumbnail: z.base64().max(24_000).optional(),
});

/** A text with the preview of a link in it. */
export function previewMessage(text: string, preview: z.output<typeof previewField>): Message {
  const { url, title, description, thumbnail } = preview;
  return {
    extendedTextMessage: {
      text,
      matchedText: url,
      title,
      ...(description === undefined ? {} : { description }),
      ...(thumbnail === undefined ? {} : { jpegThumbnail: Buffer.from(thumbnail, 'base64') }),
    },
  };
}

/** The preview a person sees under a text. */
export function previewView({ extendedTextMessage: found }: Message) {
  const { matchedText: url, title, description, jpegThumbnail } = found ?? {};
  if (!url || !title) return null;
  return {
    url,
    title,
    ...(description ? { description } : {}),
    ...(jpegThumbnail?.length ? { thumbnail: Buffer.from(jpegThumbnail).toString('base64') } : {}),
  };
}

/** The colour behind a status update, and its font by WhatsApp's name. */
export function styleView({ extendedTextMessage: found }: Message) {
  const { backgroundArgb, font } = found ?? {};
  if (!backgroundArgb) return null;
  return {
    background: `#${(backgroundArgb & RGB).toString(16).padStart(6, '0')}`,
    font: proto.Message.ExtendedTextMessage.FontType[font ?? 0] ?? 'SYSTEM',
  };
}
