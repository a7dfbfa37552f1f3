import { createWorkspace } from './operator-create.ts';
import { getWorkspace, listWorkspaces } from './operator-read.ts';
import { updateWorkspaceOperation } from './operator-update.ts';
import { getSettings, updateSettings } from './settings.ts';

export { changeWorkspace, type WorkspaceChange } from './change.ts';
export { DataKeys } from './data-keys.ts';
export { ensureFirstWorkspace, type FirstStart, proveMasterKey } from './first-start.ts';
export { makeWorkspace } from './make.ts';
export { describeWorkspace } from './operator-read.ts';
export { type RotationReport, rotateMasterKey } from './rotate.ts';
export { countForeignKeys, findMasterKey } from './rotation-store.ts';
export { RotationWatch } from './rotation-watch.ts';
export { auditedWorkspace, toWorkspace } from './schemas.ts';
export { settingsSchema } from './settings.ts';
export { findFirstWorkspace, findWorkspace, listWorkspaceRows } from './store.ts';
export const operations = [
  createWorkspace,
  listWorkspaces,
  getWorkspace,
  updateWorkspaceOperation,
  getSettings,
  updateSettings,
];
