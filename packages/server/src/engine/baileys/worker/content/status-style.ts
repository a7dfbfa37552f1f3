import { proto } from 'baileys';
import type { StatusFont, StatusStyle } from '../../../port.ts';

const { FontType } = proto.Message.ExtendedTextMessage;
const OPAQUE = 0xff000000;
const WHITE = 0xffffffff;
const RGB = 0xffffff;

const FONTS: Readonly<Record<StatusFont, proto.Message.ExtendedTextMessage.FontType>> = {
  system: FontType.SYSTEM,
  text: FontType.SYSTEM_TEXT,
  script: FontType.FB_SCRIPT,
  bold: FontType.SYSTEM_BOLD,
  morningbreeze: FontType.MORNINGBREEZE_REGULAR,
  calistoga: FontType.CALISTOGA_REGULAR,
  exo2: FontType.EXO2_EXTRABOLD,
  courier: FontType.COURIERPRIME_BOLD,
};

function fontOf(number: number | null | undefined): StatusFont | undefined {
  // Guarantee: FONTS is a literal whose type allows no other keys.
  return (Object.keys(FONTS) as StatusFont[]).find((name) => FONTS[name] === number);
}

const colourOf = (argb: number): string => `#${(argb & RGB).toString(16).padStart(6, '0')}`;

/** The colour behind a text or a sound, and the font of a text where it is one known here. Undefined where it says neither. */
export function readStyle({ extendedTextMessage, audioMessage }: proto.IMessage): Partial<StatusStyle> | undefined {
  const argb = extendedTextMessage?.backgroundArgb || audioMessage?.backgroundArgb;
  const font = fontOf(extendedTextMessage?.font);
  if (!argb && font === undefined) return undefined;
  return { ...(argb ? { background: colourOf(argb) } : {}), ...(font === undefined ? {} : { font }) };
}

/** A text or a sound in its colours; WhatsApp counts colours as ARGB. Other kinds have none and stay as they are. */
export function withStyle(message: proto.IMessage, style: StatusStyle | undefined): proto.IMessage {
  if (!style) return message;
  const backgroundArgb = (OPAQUE | Number.parseInt(style.background.slice(1), 16)) >>> 0;
  const { conversation, extendedTextMessage, audioMessage, ...rest } = message;
  if (audioMessage) return { ...message, audioMessage: { ...audioMessage, backgroundArgb } };
  const text = conversation ?? extendedTextMessage?.text;
  if (!text) return message;
  const font = style.font === undefined ? {} : { font: FONTS[style.font] };
  return { ...rest, extendedTextMessage: { ...extendedTextMessage, text, backgroundArgb, textArgb: WHITE, ...font } };
}
