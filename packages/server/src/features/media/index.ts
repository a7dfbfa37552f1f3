import { getContent } from './content.ts';
import { createMediaLink } from './create-link.ts';
import { deleteMedia } from './delete.ts';
import { fetchMedia } from './fetch.ts';
import { getMedia } from './get.ts';
import { listMedia } from './list.ts';
import { uploadMedia } from './upload.ts';

export { canBeNamed, endReservations } from './blob-store.ts';
export { type ContentHeaders, contentOf } from './content.ts';
export {
  type Incoming,
  keptFileOf,
  type LocalFile,
  MediaFiles,
  type NewMediaOf,
  recordKept,
  recordMedia,
} from './files.ts';
export { forgetMediaOf, forgetOldMedia } from './forget.ts';
export {
  FILE_SOURCES,
  type FileInput,
  fileFields,
  fitsSource,
  namedMedia,
  oneSource,
  sourceOf,
  withReceived,
} from './input.ts';
export { inspect, type KeptFile } from './inspect.ts';
export { assertFits, MAX_MEDIA_BYTES, type MediaKind, SEND_LIMITS, type SendKind } from './kinds.ts';
export { mediaOfMessages, nameMedia, unnameMedia } from './naming-store.ts';
export { findMedia, keepForGood, listMediaById, type MediaRow, type MediaSource } from './store.ts';
export { MediaSweeper } from './sweep.ts';
export const operations = [uploadMedia, fetchMedia, listMedia, getMedia, getContent, createMediaLink, deleteMedia];
