import { exportAudit } from './export.ts';
import { listAudit } from './list.ts';

export { forgetAudit } from './forget.ts';
export const operations = [listAudit, exportAudit];
