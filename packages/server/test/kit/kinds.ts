import sharp from 'sharp';
import { MEDIA_KINDS, type MediaKind } from '../../src/engine/port.ts';
import type { Json } from './api.ts';
import { pdfOf, pictureOf, videoOf, voiceOf, wavOf } from './files.ts';

/** A file of one kind, and all that can be told of it. */
export interface SampleFile {
  kind: MediaKind;
  bytes: Buffer;
  mimeType: string;
  /** What its sender may say with it. */
  said: Json;
  /** What a program that sends it finds in it. */
  found: Json;
}

const THUMBNAIL = '/9j/2Q==';

async function movingSticker(): Promise<Buffer> {
  const frames = await Promise.all([pictureOf(512, 512, 'png'), pictureOf(512, 512, 'png')]);
  return sharp(frames, { join: { animated: true } })
    .webp({ loop: 0 })
    .toBuffer();
}

type Sample = Omit<SampleFile, 'kind' | 'bytes'> & { make: () => Promise<Buffer> | Buffer };

const SAMPLES: Record<MediaKind, Sample> = {
  image: {
    make: () => pictureOf(640, 480, 'jpeg'),
    mimeType: 'image/jpeg',
    said: { caption: 'seen 😀' },
    found: { width: 640, height: 480, thumbnail: THUMBNAIL },
  },
  video: {
    make: () => videoOf(60_000),
    mimeType: 'video/mp4',
    said: { caption: 'moved' },
    found: { seconds: 7, width: 320, height: 240, thumbnail: THUMBNAIL },
  },
  audio: { make: () => wavOf(3), mimeType: 'audio/wav', said: {}, found: { seconds: 3 } },
  voice: {
    make: () => voiceOf(3),
    mimeType: 'audio/ogg; codecs=opus',
    said: {},
    found: { seconds: 3, waveform: Buffer.alloc(64, 50).toString('base64') },
  },
  document: {
    make: () => pdfOf(50_000),
    mimeType: 'application/pdf',
    said: { caption: 'the bill', fileName: 'Rechnung ä.pdf' },
    found: { thumbnail: THUMBNAIL },
  },
  sticker: {
    make: movingSticker,
    mimeType: 'image/webp',
    said: {},
    found: { width: 512, height: 512, animated: true },
  },
};

/** Kinds that may be sent to be looked at once. */
const ONCE: readonly MediaKind[] = ['image', 'video', 'audio', 'voice'];

async function sample(kind: MediaKind, more: Json): Promise<SampleFile> {
  const { make, said, ...rest } = SAMPLES[kind];
  return { kind, bytes: await make(), said: { ...said, ...more }, ...rest };
}

/** A file of every kind, and of those that can be, one to be looked at once. No two are the same. */
export function sampleFiles(): Promise<SampleFile[]> {
  const plain = MEDIA_KINDS.map((kind) => sample(kind, {}));
  return Promise.all([...plain, ...ONCE.map((kind) => sample(kind, { viewOnce: true }))]);
}

export const LOCATION = {
  latitude: 52.520008,
  longitude: 13.404954,
  name: 'Gate',
  address: 'Platz 1',
  url: 'https://a.example',
};
export const CARDS = [
  { name: 'Ada', phones: ['+15551234567'], organization: 'Engines', email: 'a@b.example' },
  { name: 'Bob', phones: ['030 1234'] },
];
/** A card that says more than its fields, and how it is read. */
export const VCARD = 'BEGIN:VCARD\nVERSION:3.0\nFN:Raw Card\nTEL:+15557654321\nNOTE:kept\nEND:VCARD';
export const CARD_READ = { name: 'Raw Card', phones: ['+15557654321'], vcard: VCARD };
export const POLL = { question: 'When?', options: ['Now', 'Later', 'Never'], selectableCount: 1 };
export const PREVIEW = { url: 'https://a.example', title: 'A', description: 'What A is', thumbnail: THUMBNAIL };
export const WORDS = 'ß 😀👩‍👩‍👧 שלום عالم\nand a line';
