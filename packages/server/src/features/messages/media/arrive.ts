import type { Queryable } from '../../../platform/db/port.ts';
import type { MediaId } from '../../../platform/ids.ts';
import { brandId } from '../../../platform/ids.ts';
import { recordEvents } from '../../events/index.ts';
import { type KeptFile, nameMedia, recordMedia } from '../../media/index.ts';
import { parseStored } from '../content-table.ts';
import { type MediaFailure, shownMedia } from '../media-content.ts';
import { changeFile, endFetch, type FiledMessage } from '../media-fetch-store.ts';

interface Arrived {
  workspaceId: string;
  deviceId: string;
  messageId: string;
  /** The id its message has told since it came. */
  mediaId: string;
  file: KeptFile;
  now: Date;
}

/** Tells with the fields that every event about media has, and the file as its message now shows it. */
async function tell(tx: Queryable, type: 'media.ready' | 'media.failed', message: FiledMessage): Promise<void> {
  const { workspace_id: workspaceId, device_id: deviceId, id: messageId, conversation_id: conversationId } = message;
  const media = shownMedia(parseStored(message.content).media);
  const { id: mediaId = null, mimeType, size } = media ?? {};
  const at = new Date().toISOString();
  const data = { mediaId, messageId, conversationId, kind: message.type, mimeType, size, media, at };
  await recordEvents(tx, [{ workspaceId, deviceId, subjectId: messageId, type, data }]);
}

/**
 * The file of a received message is here: its media, the message that shows it and the event, in the caller's
 * transaction. Nothing is told where the message is gone or taken back, or the file's end was told before.
 */
export async function fileArrived(tx: Queryable, arrived: Arrived): Promise<void> {
  const { workspaceId, deviceId, messageId, file, now } = arrived;
  if (!(await endFetch(tx, workspaceId, messageId))) return;
  const { size, sha256, width, height } = file;
  const pixels = width === null || height === null ? {} : { width, height };
  const fields = { status: 'ready', size, sha256, ...pixels };
  const message = await changeFile(tx, { workspaceId, messageId, fields });
  if (!message) return;
  const id: MediaId = brandId('med', arrived.mediaId);
  await recordMedia(tx, { id, workspaceId, deviceId, file, source: 'inbound', standalone: false, now });
  await nameMedia(tx, [{ workspaceId, deviceId, messageId, mediaId: id }]);
  await tell(tx, 'media.ready', message);
}

/** The file of a received message will never be here. Nothing is told where that, or another end, was before. */
export async function fileFailed(
  tx: Queryable,
  failed: { workspaceId: string; messageId: string; reason: MediaFailure },
): Promise<void> {
  const { workspaceId, messageId, reason } = failed;
  if (!(await endFetch(tx, workspaceId, messageId))) return;
  const message = await changeFile(tx, { workspaceId, messageId, fields: { status: 'failed', reason } });
  if (!message) return;
  await tell(tx, 'media.failed', message);
}
