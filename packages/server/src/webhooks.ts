import type { Config } from './config/config.ts';
import { noticeChanges } from './delivery/webhooks/notice.ts';
import { WEBHOOK_TIMES } from './delivery/webhooks/post.ts';
import { WebhookSender } from './delivery/webhooks/sender.ts';
import type { LimitsCache } from './features/plans/index.ts';
import type { DataKeys } from './features/workspaces/index.ts';
import { systemClock } from './platform/clock.ts';
import type { Db } from './platform/db/port.ts';
import type { Lifetimes } from './platform/disposal.ts';
import type { Logger } from './platform/log.ts';
import type { Mailer } from './platform/mail.ts';
import { loadNodeId } from './platform/node-id.ts';
import { SafeFetch } from './platform/safe-fetch/index.ts';

/** Starts what sends events to webhook endpoints. */
export async function startWebhooks(services: {
  config: Config;
  db: Db;
  log: Logger;
  dataKeys: DataKeys;
  limits: LimitsCache;
  mailer: Mailer | null;
  stack: Lifetimes;
}): Promise<WebhookSender> {
  const { config, db, dataKeys, limits, mailer, stack } = services;
  const log = services.log.child({ part: 'webhooks' });
  return stack.use(
    new WebhookSender({
      db,
      log,
      clock: systemClock,
      holder: await loadNodeId(config.dataDir),
      fetcher: new SafeFetch({ allow: config.privateHosts, times: WEBHOOK_TIMES }),
      limits,
      open: (workspaceId, sealed, context) => dataKeys.open(workspaceId, sealed, context),
      pauseAfterMs: config.webhookPauseMs,
      onChange: (rows) => noticeChanges({ db, log, mailer }, rows),
    }),
  );
}
