import { z } from 'zod';
import { defineOperation, RawReply } from '../../operations/define.ts';
import { pathId } from '../../operations/fields.ts';
import { EVENT_STREAM, watchStream } from '../../platform/sse.ts';
import { readProgress } from './link-progress.ts';
import { requireDevice } from './require.ts';
import { progressSchema } from './schemas.ts';
import { LINK_SECONDS } from './state.ts';

const EVERY_MS = 300;
/** Linking gives up before that, and then the stream has ended. */
const MAX_MS = (LINK_SECONDS + 60) * 1000;

export const linkEvents = defineOperation({
  id: 'devices.linkEvents',
  tag: 'Devices',
  summary: 'Follow a link in progress',
  description:
    'Server-sent events named `link`, each with the whole progress as JSON: the first at once, then one for each change. The stream ends with step `linked` or `ended`, after four minutes at the latest, and within about a second of the key being revoked or changed to other devices, the session ending or the workspace being suspended. Whoever reads it can link the account: keep it private.',
  http: { method: 'GET', path: '/v1/devices/{deviceId}/link/events', status: 200 },
  scope: 'devices:write',
  roles: ['owner', 'admin'],
  perDevice: true,
  params: z.strictObject({ deviceId: pathId('dev', 'The device.') }),
  output: progressSchema,
  produces: [EVENT_STREAM],
  rawOnly: true,
  errors: ['NOT_FOUND'],
  mutates: false,
  async run(ctx, input) {
    const { id: deviceId } = await requireDevice(ctx, input.deviceId);
    const reader = { tx: ctx.tx, workspaceId: ctx.workspace.id, deviceId, open: ctx.secrets.open };
    const body = watchStream({
      event: 'link',
      mayGoOn: () => ctx.stillMay(),
      read: () => readProgress(reader),
      isLast: ({ step }) => step === 'linked' || step === 'ended',
      everyMs: EVERY_MS,
      maxMs: MAX_MS,
    });
    return new RawReply(EVENT_STREAM, body);
  },
});
