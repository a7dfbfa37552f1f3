import { initial } from './0001-initial.ts';
import { tenantWall } from './0002-tenant-wall.ts';
import { people } from './0003-people.ts';
import { plans } from './0004-plans.ts';
import { audit } from './0005-audit.ts';
import { apiKeys } from './0006-api-keys.ts';
import { rateLimits } from './0007-rate-limits.ts';
import { jobs } from './0008-jobs.ts';
import { consent } from './0009-consent.ts';
import { roomToUpdate } from './0010-room-to-update.ts';
import { messageChanges } from './0011-message-changes.ts';
import { schedule } from './0012-schedule.ts';
import { deviceActions } from './0013-device-actions.ts';
import { search } from './0014-search.ts';
import { media } from './0015-media.ts';
import { messageMedia } from './0016-message-media.ts';
import { deviceTruth } from './0017-device-truth.ts';
import { receiving } from './0018-receiving.ts';
import { templates } from './0019-templates.ts';
import { pictures } from './0020-pictures.ts';
import { filesOnTheirWay } from './0022-files-on-their-way.ts';
import { mending } from './0024-mending.ts';
import { filesOfThePast } from './0025-files-of-the-past.ts';
import { logReaders } from './0026-log-readers.ts';
import { webhooks } from './0027-webhooks.ts';
import { sinks } from './0028-sinks.ts';
import { searchRounds } from './0029-search-rounds.ts';
import type { Migration } from './migration.ts';

/** Every migration, oldest first. Numbers are never reused; a released migration is never edited. */
export const migrations: readonly Migration[] = [
  initial,
  tenantWall,
  people,
  plans,
  audit,
  apiKeys,
  rateLimits,
  jobs,
  consent,
  roomToUpdate,
  messageChanges,
  schedule,
  deviceActions,
  search,
  media,
  messageMedia,
  deviceTruth,
  receiving,
  templates,
  pictures,
  filesOnTheirWay,
  mending,
  filesOfThePast,
  logReaders,
  webhooks,
  sinks,
  searchRounds,
];
