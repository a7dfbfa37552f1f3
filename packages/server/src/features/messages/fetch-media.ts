import { z } from 'zod';
import { grants } from '../../operations/access.ts';
import type { OperationContext } from '../../operations/context.ts';
import { defineOperation } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { WapingError } from '../../platform/errors.ts';
import { checkCanSend } from '../devices/index.ts';
import { parseStored } from './content-table.ts';
import { changeFile, wantFile } from './media-fetch-store.ts';
import { messageSchema, toMessage } from './schemas.ts';
import type { MessageRow } from './store.ts';
import { conflict, requireMessage } from './target.ts';

/** Files that wait for one device, those of new messages among them. */
const MAX_WAITING = 1_000;
const RETRY_SECONDS = 60;
const MEDIA_READ = 'media:read';

/** Who may not read files has none fetched. Throws FORBIDDEN. */
function checkMayRead({ actor }: OperationContext): void {
  if (actor.kind === 'person' || grants(actor.scopes, MEDIA_READ)) return;
  throw new WapingError('FORBIDDEN', `this key lacks the scope ${MEDIA_READ}`, {
    details: [{ param: 'scope', message: `needs ${MEDIA_READ}` }],
  });
}

function tooMany(): WapingError {
  return new WapingError('RATE_LIMITED', `${MAX_WAITING} files of this device wait to be fetched`, {
    retryAfter: RETRY_SECONDS,
    details: [{ param: 'policy', message: 'device' }],
  });
}

/** Nothing waits for the file any more: it came, or failed, since the message was read. Throws CONFLICT where it did not. */
async function checkEnded(ctx: OperationContext, messageId: string): Promise<void> {
  const { media } = parseStored((await requireMessage(ctx, messageId, 'messageId')).content);
  if (media?.status === 'available') throw conflict('messageId', 'where the file lies is not known');
}

/** Throws SESSION_DISCONNECTED where a person has to link the device first, RATE_LIMITED, and CONFLICT. */
async function begin(ctx: OperationContext, { id: messageId, device_id: deviceId }: MessageRow): Promise<void> {
  const workspaceId = ctx.workspace.id;
  await checkCanSend(ctx.tx, { workspaceId, deviceId, requireOnline: undefined, to: '' });
  const answer = await wantFile(ctx.tx, { workspaceId, messageId, atMost: MAX_WAITING });
  if (answer === 'full') throw tooMany();
  if (answer === 'none') return checkEnded(ctx, messageId);
  if (answer === 'waits') return;
  await changeFile(ctx.tx, { workspaceId, messageId, fields: { status: 'pending' } });
  ctx.audit({ before: { status: 'available' }, after: { status: 'pending' } });
}

export const fetchMedia = defineOperation({
  id: 'messages.fetchMedia',
  tag: 'Messages',
  summary: 'Fetch the file of a message of the past',
  description:
    'Files of messages that came with the history are not fetched by themselves: their `media.status` is `available`. This fetches one, as those of new messages are: it is `pending`, and `media.ready` or `media.failed` tells the end. What WhatsApp has lost is asked of the phone, which uploads it again. Repeating it changes nothing; a file that is here or on its way is answered as it stands. It takes the scopes `messages:read` and `media:read`. RATE_LIMITED while 1,000 files of the device wait.',
  http: { method: 'POST', path: '/v1/messages/{messageId}/media/fetch', status: 202 },
  scope: 'messages:read',
  optionScopes: [MEDIA_READ],
  roles: ['owner', 'admin', 'agent', 'viewer'],
  perDevice: true,
  params: z.strictObject({ messageId: pathId('msg', 'The message.') }),
  output: messageSchema,
  errors: ['NOT_FOUND', 'CONFLICT', 'SESSION_DISCONNECTED', 'RATE_LIMITED'],
  mutates: true,
  async run(ctx, { messageId }) {
    const row = await requireMessage(ctx, messageId, 'messageId');
    checkMayRead(ctx);
    const { media } = parseStored(row.content);
    if (!media) throw conflict('messageId', 'the message has no file');
    if (media.status === 'failed')
      throw conflict('messageId', `the file cannot be had: ${media.reason ?? 'unavailable'}`);
    if (media.status === 'available') await begin(ctx, row);
    return toMessage(await requireMessage(ctx, messageId, 'messageId'));
  },
});
