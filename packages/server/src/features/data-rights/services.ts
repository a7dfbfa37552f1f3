import type { Wakeups } from '../../operations/context.ts';
import type { Db } from '../../platform/db/port.ts';
import type { MediaFiles } from '../media/index.ts';
import type { DataKeys } from '../workspaces/index.ts';

/** What the jobs of this feature need beside the run they are given. */
export interface DataRightsServices {
  db: Db;
  dataKeys: DataKeys;
  wake: Pick<Wakeups, 'devices'>;
  media: Pick<MediaFiles, 'removeUnnamed' | 'removeAll'>;
}
