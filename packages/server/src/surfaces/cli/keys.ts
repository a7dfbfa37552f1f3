import { loadConfig } from '../../config/config.ts';
import {
  findKeyOf,
  knownScopes,
  listApiKeys,
  lockKey,
  makeApiKey,
  renewSecret,
  revokeApiKey,
} from '../../features/api-keys/index.ts';
import { loadPlans } from '../../features/plans/index.ts';
import { registry } from '../../operations/registry.ts';
import { StartupError } from '../../platform/errors.ts';
import { auditCommand } from './audit.ts';
import { requireWorkspace, withDatabase } from './open.ts';

const HOUR_SECONDS = 3_600;
const MAX_OVERLAP_HOURS = 30 * 24;

const parseList = (list: string): string[] => list.split(',').map((one) => one.trim());

function parseExpiry(text: string | undefined): Date | null {
  if (text === undefined) return null;
  const at = new Date(text);
  if (Number.isNaN(at.getTime()) || at <= new Date()) {
    throw new StartupError(
      `"${text}" is not a time in the future`,
      'Give an RFC 3339 time such as 2030-01-31T12:00:00Z.',
    );
  }
  return at;
}

function parseOverlap(text: string): number {
  const hours = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (hours <= MAX_OVERLAP_HOURS) return Math.round(hours * HOUR_SECONDS);
  throw new StartupError(`"${text}" is not a number of hours from 0 to ${MAX_OVERLAP_HOURS}`, 'Give for example 24.');
}

const noSuchKey = (id: string) => new StartupError(`there is no key ${id}`, 'See: waping keys list');

export interface CreateOptions {
  name: string;
  scopes: string;
  devices?: string;
  ips?: string;
  expires?: string;
}

function show(apiKey: string, said: string): void {
  process.stdout.write(`${apiKey}\n`);
  process.stderr.write(`${said} It is shown this once.\n`);
}

export async function createKey(options: CreateOptions): Promise<void> {
  const expiresAt = parseExpiry(options.expires);
  const plans = await loadPlans(loadConfig().plansFile);
  const services = { plans, scopes: knownScopes(registry), now: new Date() };
  await withDatabase(async (db) => {
    const workspaceId = await requireWorkspace(db);
    const wanted = {
      name: options.name,
      scopes: parseList(options.scopes),
      deviceIds: options.devices === undefined ? null : parseList(options.devices),
      allowedIps: options.ips === undefined ? null : parseList(options.ips),
      expiresAt,
    };
    const { apiKey, id } = await db.tx(async (tx) => {
      const made = await makeApiKey(tx, services, { workspaceId, ...wanted });
      await auditCommand(tx, 'keys.create', { workspaceId, id: made.id, after: wanted });
      return made;
    });
    show(apiKey, `${id} made.`);
  });
}

export async function listKeys(): Promise<void> {
  await withDatabase(async (db) => {
    const keys = await listApiKeys(db, await requireWorkspace(db));
    for (const key of keys) {
      const state = key.revoked_at ? 'revoked' : key.expires_at && key.expires_at <= new Date() ? 'expired' : 'active';
      const from = key.last_used_ip === null ? '' : ` from ${key.last_used_ip}`;
      const used = key.last_used_at ? `used ${key.last_used_at.toISOString()}${from}` : 'never used';
      const limits = [
        ...(key.device_ids ? [`devices ${key.device_ids.join(',')}`] : []),
        ...(key.allowed_ips ? [`ips ${key.allowed_ips.join(',')}`] : []),
        ...(key.expires_at ? [`until ${key.expires_at.toISOString()}`] : []),
      ];
      const line = [`${key.id}  ${state.padEnd(8)}${key.scopes.join(',')}`, ...limits, used, key.name];
      process.stdout.write(`${line.join('  ')}\n`);
    }
  });
}

export async function rotateKey(id: string, options: { overlap: string }): Promise<void> {
  const overlap = parseOverlap(options.overlap);
  await withDatabase(async (db) => {
    const workspaceId = await requireWorkspace(db);
    const renewed = await db.tx(async (tx) => {
      const row = await lockKey(tx, workspaceId, id);
      if (!row) throw noSuchKey(id);
      if (row.revoked_at) throw new StartupError(`${id} is revoked`, 'Make another: waping keys create');
      await auditCommand(tx, 'keys.rotate', { workspaceId, id, after: { overlapSeconds: overlap } });
      return renewSecret(tx, row, { overlap, now: new Date() });
    });
    const until = renewed.row.previous_expires_at?.toISOString();
    show(
      renewed.apiKey,
      `${id} has a new secret. The old one ${until ? `works until ${until}` : 'has stopped working'}.`,
    );
  });
}

export async function revokeKey(id: string): Promise<void> {
  await withDatabase(async (db) => {
    const workspaceId = await requireWorkspace(db);
    const revoked = await db.tx(async (tx) => {
      const found = await revokeApiKey(tx, workspaceId, id);
      if (found) await auditCommand(tx, 'keys.revoke', { workspaceId, id });
      return found;
    });
    if (!revoked && !(await findKeyOf(db, workspaceId, id))) throw noSuchKey(id);
    process.stdout.write(`${id} revoked\n`);
  });
}
