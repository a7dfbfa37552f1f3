import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mediaTypeOf, parseMediaType } from './media-type.ts';
import { HEAD_BYTES, sniff } from './sniff.ts';

const ftyp = (brand: string) => Buffer.from(`\0\0\0\x20ftyp${brand}\0\0\0\0mdat`, 'latin1');
const riff = (form: string) => Buffer.from(`RIFF\x10\0\0\0${form}VP8 `, 'latin1');

const FILES: Record<string, Buffer> = {
  'image/jpeg': Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00, 0x10]),
  'image/png': Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
  'image/gif': Buffer.from('GIF89a\x01\0\x01\0\x80', 'latin1'),
  'image/webp': riff('WEBP'),
  'image/heic': ftyp('heic'),
  'audio/wav': riff('WAVE'),
  'audio/mp4': ftyp('M4A '),
  'audio/ogg': Buffer.from('OggS\0\x02\0\0\0\0\0\0\0\0OpusHead', 'latin1'),
  'video/ogg': Buffer.from('OggS\0\x02\0\0\0\0\0\0\0\0\x80theora', 'latin1'),
  'audio/mpeg': Buffer.from([0xff, 0xfb, 0x90, 0x64, 0x00]),
  'audio/aac': Buffer.from([0xff, 0xf1, 0x50, 0x80, 0x00]),
  'audio/amr': Buffer.from('#!AMR\n\x3c\x01\0', 'latin1'),
  'video/mp4': ftyp('isom'),
  'video/3gpp': ftyp('3gp5'),
  'video/quicktime': ftyp('qt  '),
  'application/pdf': Buffer.from('%PDF-1.7\n%\xe2\xe3', 'latin1'),
};

const ZIP = Buffer.from('PK\x03\x04\x14\0', 'latin1');
const OLE = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
const TEXT = Buffer.from('BMW, MZ and ID3: words that begin as signatures do. Grüße.');
const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';

it.each(Object.entries(FILES))('tells %s by its bytes', (mimeType, bytes) => {
  expect(sniff(bytes)).toEqual({ is: 'type', mimeType });
  expect(mediaTypeOf(sniff(bytes), null)).toBe(mimeType);
});

it('tells containers, text and what is none of them apart', () => {
  expect([ZIP, OLE, TEXT, Buffer.from([0, 1, 2, 3])].map((bytes) => sniff(bytes).is)).toEqual([
    'zip',
    'ole',
    'text',
    'unknown',
  ]);
});

it('takes text that is cut within a letter for text', () => {
  const long = Buffer.from('é'.repeat(HEAD_BYTES)).subarray(1, HEAD_BYTES + 1);
  expect(sniff(Buffer.concat([Buffer.from('a'), long]).subarray(0, HEAD_BYTES)).is).not.toBe('type');
  expect(sniff(Buffer.from('é'.repeat(HEAD_BYTES)).subarray(0, HEAD_BYTES)).is).toBe('text');
  expect(sniff(Buffer.from(`${'x'.repeat(HEAD_BYTES - 1)}é`).subarray(0, HEAD_BYTES)).is).toBe('text');
});

describe('a declared type', () => {
  it.each([
    [FILES['image/jpeg'], 'image/jpg', 'image/jpeg'],
    [FILES['image/jpeg'], 'IMAGE/JPEG; charset=binary', 'image/jpeg'],
    [FILES['audio/ogg'], 'audio/ogg; codecs=opus', 'audio/ogg'],
    [FILES['audio/mpeg'], 'application/octet-stream', 'audio/mpeg'],
    [FILES['video/mp4'], 'audio/mp4', 'audio/mp4'],
    [ZIP, DOCX, DOCX],
    [OLE, 'application/msword', 'application/msword'],
    [TEXT, 'text/csv', 'text/csv'],
    [TEXT, 'image/svg+xml', 'image/svg+xml'],
    [Buffer.from([0, 1, 2, 3]), 'application/x-own', 'application/x-own'],
  ])('that fits the bytes is taken (%#)', (bytes, declared, mimeType) => {
    expect(mediaTypeOf(sniff(bytes ?? Buffer.alloc(0)), parseMediaType(declared))).toBe(mimeType);
  });

  it.each([
    [FILES['image/jpeg'], 'image/png', 'declared as image/png, but its content is image/jpeg'],
    [FILES['application/pdf'], 'image/jpeg', 'its content is application/pdf'],
    [FILES['image/png'], DOCX, 'its content is image/png'],
    [ZIP, 'image/png', 'its content is a ZIP container'],
    [TEXT, 'image/png', 'its content is text'],
    [TEXT, DOCX, 'its content is text'],
    [Buffer.from([0, 1, 2, 3]), 'video/mp4', 'its content is something else'],
    [Buffer.from([0, 1, 2, 3]), 'application/pdf', 'its content is something else'],
  ])('that contradicts the bytes is refused (%#)', (bytes, declared, message) => {
    expect(() => mediaTypeOf(sniff(bytes ?? Buffer.alloc(0)), parseMediaType(declared))).toThrow(message);
  });

  it.each(['image', 'image/', '/png', 'image/png/x', 'a b/c', `x/${'y'.repeat(200)}`])('%j is none', (text) => {
    expect(() => parseMediaType(text)).toThrow(/not a media type/);
  });
});

it('has a word for any bytes and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(mediaTypeOf(sniff(Buffer.from(bytes)), null)).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
    }),
  );
});
