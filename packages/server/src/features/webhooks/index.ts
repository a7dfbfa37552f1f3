import { createWebhook, MAX_WEBHOOKS } from './create.ts';
import { deleteWebhook } from './delete.ts';
import { getDelivery, listDeliveries, replayDelivery } from './deliveries.ts';
import { getWebhook } from './get.ts';
import { listWebhooks } from './list.ts';
import { pauseWebhook } from './pause.ts';
import { replayWebhook } from './replay.ts';
import { resumeWebhook } from './resume.ts';
import { rotateWebhookSecret } from './rotate-secret.ts';
import { testWebhook } from './test-event.ts';
import { updateWebhook } from './update.ts';
import { verifyWebhook } from './verify.ts';

export { unpackHeaders } from './custom-headers.ts';
export { countOpen, deleteOldDeliveries, insertDeliveries, listFull, type NewDelivery } from './delivery-store.ts';
export { deliveriesOf } from './patterns.ts';
export { readLogAfter } from './read-log.ts';
export { webhookReplay } from './replay-job.ts';
export { type Attempt, attemptJson, webhookSchema } from './schemas.ts';
export { headersContext, secretContext } from './sealing.ts';
export { challengeToken, signatureHeaders } from './signature.ts';
export {
  changeWebhook,
  PROBE_EVERY_MS,
  type WebhookReason,
  type WebhookState,
  type WebhookTrigger,
} from './state.ts';
export { lockWebhook, WEBHOOK_COLUMNS, type WebhookRow, writeCursors } from './store.ts';
export { MAX_WEBHOOKS };
export const operations = [
  createWebhook,
  listWebhooks,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  rotateWebhookSecret,
  verifyWebhook,
  testWebhook,
  pauseWebhook,
  resumeWebhook,
  listDeliveries,
  getDelivery,
  replayDelivery,
  replayWebhook,
];
