import { loadConfig } from '../../config/config.ts';
import { loadPlans, MAX_DEVICES, MAX_OUTBOUND, type Plans } from '../../features/plans/index.ts';
import { shardsOn } from '../../features/usage/index.ts';
import {
  auditedWorkspace,
  changeWorkspace,
  describeWorkspace,
  findWorkspace,
  listWorkspaceRows,
  makeWorkspace,
  proveMasterKey,
  toWorkspace,
  type WorkspaceChange,
} from '../../features/workspaces/index.ts';
import type { Db } from '../../platform/db/port.ts';
import { StartupError } from '../../platform/errors.ts';
import { auditCommand } from './audit.ts';
import { loadKeys, requireWorkspaceRow, withDatabase } from './open.ts';

const PAGE = 100;

async function withPlans<T>(run: (db: Db, plans: Plans) => Promise<T>): Promise<T> {
  const plans = await loadPlans(loadConfig().plansFile);
  return withDatabase((db) => run(db, plans));
}

const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

/** A limit as written on the command line; `plan` goes back to the plan's. */
function parseLimit(text: string | undefined, name: string, max: number): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'plan') return null;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new StartupError(`--${name} ${text} is not a limit`, `Give a whole number from 0 to ${max}, or: plan`);
}

interface LimitOptions {
  devices?: string;
  outbound?: string;
}

function limitsOf(options: LimitOptions): Pick<WorkspaceChange, 'deviceLimit' | 'outboundLimit'> {
  return {
    deviceLimit: parseLimit(options.devices, 'devices', MAX_DEVICES),
    outboundLimit: parseLimit(options.outbound, 'outbound', MAX_OUTBOUND),
  };
}

export async function createWorkspaceCommand(options: LimitOptions & { name: string; plan?: string }): Promise<void> {
  const config = loadConfig();
  const { deviceLimit = null, outboundLimit = null } = limitsOf(options);
  await withPlans(async (db, plans) => {
    const first = await requireWorkspaceRow(db);
    const masterKeys = await loadKeys(config);
    // Another key than the one the server uses would make a workspace nobody can open.
    proveMasterKey(masterKeys, first);
    const newDataKey = (id: string) => masterKeys.newDataKey(id);
    const wanted = { name: options.name, plan: options.plan ?? plans.first, deviceLimit, outboundLimit };
    const { row, apiKey } = await db.tx(async (tx) => {
      const made = await makeWorkspace(tx, { plans, newDataKey }, wanted);
      const { id } = made.row;
      await auditCommand(tx, 'workspaces.create', { workspaceId: id, id, after: auditedWorkspace(made.row) });
      return made;
    });
    print({ ...toWorkspace(plans, row), apiKey });
    if (apiKey) process.stderr.write('The API key is shown this once.\n');
  });
}

export async function listWorkspacesCommand(): Promise<void> {
  await withPlans(async (db, plans) => {
    for (let after: string | null = null; ; ) {
      const page = { after, limit: PAGE + 1, order: 'asc' as const };
      const rows = await listWorkspaceRows(db, { plan: null, page });
      for (const row of rows.slice(0, PAGE)) {
        const { limits, suspended } = toWorkspace(plans, row);
        const state = suspended ? 'suspended' : 'active';
        const allows = `${limits.devices} devices, ${limits.outboundPerMonth} a month`;
        process.stdout.write(`${row.id}  ${state.padEnd(10)}${row.plan.padEnd(12)}${allows}  ${row.name}\n`);
      }
      if (rows.length <= PAGE) return;
      after = rows[PAGE - 1]?.id ?? null;
    }
  });
}

export async function showWorkspace(id: string): Promise<void> {
  await withPlans(async (db, plans) => {
    const row = await findWorkspace(db, id);
    if (!row) throw unknownWorkspace(id);
    print(await describeWorkspace(db, plans, { row, now: new Date() }));
  });
}

const unknownWorkspace = (id: string) => new StartupError(`there is no workspace ${id}`, 'See: waping workspaces list');

async function change(id: string, wanted: WorkspaceChange): Promise<void> {
  await withPlans(async (db, plans) => {
    if (!(await findWorkspace(db, id))) throw unknownWorkspace(id);
    const services = { plans, shards: shardsOn(db), now: new Date() };
    const row = await db.tx(async (tx) => {
      const { before, after } = await changeWorkspace(tx, services, { id, change: wanted });
      const sides = { before: auditedWorkspace(before), after: auditedWorkspace(after) };
      await auditCommand(tx, 'workspaces.update', { workspaceId: id, id, ...sides });
      return after;
    });
    print(toWorkspace(plans, row));
  });
}

export const suspendWorkspace = (id: string): Promise<void> => change(id, { suspended: true });
export const resumeWorkspace = (id: string): Promise<void> => change(id, { suspended: false });
export const setPlan = (id: string, plan: string): Promise<void> => change(id, { plan });

export async function setLimits(id: string, options: LimitOptions): Promise<void> {
  if (options.devices === undefined && options.outbound === undefined) {
    throw new StartupError(
      'no limit is given',
      'Add --devices NUMBER or --outbound NUMBER, or plan in place of a number.',
    );
  }
  await change(id, limitsOf(options));
}
