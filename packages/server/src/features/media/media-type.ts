import { WapingError } from '../../platform/errors.ts';
import type { Sniffed } from './sniff.ts';

/** Says nothing: what programs call a file they know nothing of. */
const SAYS_NOTHING = new Set(['application/octet-stream', 'binary/octet-stream', 'application/x-download']);

/** Other names of what the bytes are called here. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'image/jpeg': ['image/jpg', 'image/pjpeg'],
  'image/bmp': ['image/x-ms-bmp'],
  'image/heic': ['image/heif', 'image/heic-sequence', 'image/heif-sequence'],
  'audio/mpeg': ['audio/mp3', 'audio/mpeg3', 'audio/x-mpeg', 'audio/x-mp3'],
  'audio/ogg': ['audio/opus', 'application/ogg', 'video/ogg', 'audio/vorbis'],
  'audio/mp4': ['audio/m4a', 'audio/x-m4a', 'audio/aac', 'audio/x-aac', 'video/mp4'],
  'audio/aac': ['audio/x-aac', 'audio/aacp', 'audio/vnd.dlna.adts'],
  'audio/wav': ['audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
  'audio/amr': ['audio/amr-wb', 'audio/3gpp'],
  'audio/flac': ['audio/x-flac'],
  'video/quicktime': ['video/mp4'],
  'video/3gpp': ['video/3gp', 'video/3gpp2', 'audio/3gpp', 'video/mp4'],
  'video/webm': ['audio/webm', 'video/x-matroska', 'audio/x-matroska', 'application/x-matroska'],
  'video/ogg': ['application/ogg', 'audio/ogg'],
  'application/gzip': ['application/x-gzip', 'application/x-tgz', 'application/x-compressed-tar'],
  'application/pdf': ['application/x-pdf'],
  'application/vnd.rar': ['application/x-rar-compressed', 'application/x-rar'],
  'application/vnd.microsoft.portable-executable': [
    'application/x-msdownload',
    'application/x-dosexec',
    'application/x-msdos-program',
  ],
};

/** An ISO base media file does not tell by its beginning whether there is a picture in it: the sender may. */
const AUDIO_IN_MP4 = ['audio/mp4', 'audio/m4a', 'audio/x-m4a'];

const TEXT =
  /^text\/|^application\/(.*\+)?(json|xml|yaml|x-yaml|javascript|x-ndjson|jsonl|sql|rtf|x-sh)$|^image\/svg\+xml$|^message\/rfc822$|^application\/x-subrip$/;
const OLE = /^application\/(msword|vnd\.ms-|vnd\.visio|x-msi|x-ole)/;
const ZIP =
  /^application\/(zip|x-zip|x-zip-compressed|vnd\.(openxmlformats-officedocument|oasis\.opendocument|ms-\w+\.\w+\.macroenabled)|epub\+zip|java-archive|vnd\.android\.package-archive|x-xpinstall|vnd\.google-earth\.kmz)|\+zip$/i;
/** What always has a signature we know: a file without one is not what it is called. */
const SIGNED =
  /^(image\/(?!svg|x-|vnd)|video\/|audio\/(?!midi|x-midi|basic)|application\/(pdf|gzip|x-7z-compressed|vnd\.rar)$)/;

const SHAPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,127}$/;

/** A media type without its parameters, in lower case; null for what says nothing. Throws VALIDATION_ERROR. */
export function parseMediaType(text: string | null): string | null {
  const bare = text?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (bare === '' || SAYS_NOTHING.has(bare)) return null;
  if (SHAPE.test(bare)) return bare;
  throw new WapingError('VALIDATION_ERROR', 'file: its Content-Type is not a media type', { param: 'file' });
}

function mismatch(declared: string, found: string): WapingError {
  const message = `file: was declared as ${declared}, but its content is ${found}`;
  return new WapingError('VALIDATION_ERROR', message, { param: 'file' });
}

function ofSignature(mimeType: string, declared: string | null): string {
  if (declared === null || declared === mimeType) return mimeType;
  if (mimeType === 'video/mp4' && AUDIO_IN_MP4.includes(declared)) return 'audio/mp4';
  if (ALIASES[mimeType]?.includes(declared)) return mimeType;
  throw mismatch(declared, mimeType);
}

/**
 * What a file is taken for: what its bytes say, and where they leave it open what its sender says. Throws
 * VALIDATION_ERROR where the two contradict each other.
 */
export function mediaTypeOf(found: Sniffed, declared: string | null): string {
  switch (found.is) {
    case 'type':
      return ofSignature(found.mimeType, declared);
    case 'zip':
      if (declared === null) return 'application/zip';
      if (ZIP.test(declared)) return declared;
      throw mismatch(declared, 'a ZIP container');
    case 'ole':
      if (declared === null) return 'application/x-ole-storage';
      if (OLE.test(declared)) return declared;
      throw mismatch(declared, 'an OLE container, as older office documents are');
    case 'text':
      if (declared === null) return 'text/plain';
      if (TEXT.test(declared)) return declared;
      if (SIGNED.test(declared) || ZIP.test(declared) || OLE.test(declared)) throw mismatch(declared, 'text');
      return declared;
    case 'unknown':
      if (declared === null) return 'application/octet-stream';
      if (SIGNED.test(declared) || ZIP.test(declared) || OLE.test(declared)) throw mismatch(declared, 'something else');
      return declared;
  }
}
