import { loadConfig } from '../../config/config.ts';
import { issueApiKey, listApiKeys, revokeApiKey } from '../../features/api-keys/index.ts';
import { effectiveLimits, loadPlans, requireApiAccess } from '../../features/plans/index.ts';
import { StartupError } from '../../platform/errors.ts';
import { requireWorkspace, requireWorkspaceRow, withDatabase } from './open.ts';

const SCOPE = /^(\*|[a-z-]+:(\*|[a-z-]+))$/;

function parseScopes(list: string): string[] {
  const scopes = list.split(',').map((scope) => scope.trim());
  const bad = scopes.find((scope) => !SCOPE.test(scope));
  if (bad === undefined) return scopes;
  throw new StartupError(`"${bad}" is not a scope`, 'Use resource:verb, resource:* or *, separated by commas.');
}

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

export async function createKey(options: { name: string; scopes: string; expires?: string }): Promise<void> {
  const scopes = parseScopes(options.scopes);
  const expiresAt = parseExpiry(options.expires);
  const plans = await loadPlans(loadConfig().plansFile);
  await withDatabase(async (db) => {
    const workspace = await requireWorkspaceRow(db);
    requireApiAccess(effectiveLimits(plans, workspace));
    const workspaceId = workspace.id;
    const { apiKey, id } = await db.tx((tx) => issueApiKey(tx, { workspaceId, name: options.name, scopes, expiresAt }));
    process.stdout.write(`${apiKey}\n`);
    process.stderr.write(`${id} made. It is shown this once.\n`);
  });
}

export async function listKeys(): Promise<void> {
  await withDatabase(async (db) => {
    const keys = await listApiKeys(db, await requireWorkspace(db));
    for (const key of keys) {
      const state = key.revoked_at ? 'revoked' : key.expires_at && key.expires_at <= new Date() ? 'expired' : 'active';
      const used = key.last_used_at ? `used ${key.last_used_at.toISOString()}` : 'never used';
      process.stdout.write(`${key.id}  ${state.padEnd(8)}${key.scopes.join(',')}  ${used}  ${key.name}\n`);
    }
  });
}

export async function revokeKey(id: string): Promise<void> {
  await withDatabase(async (db) => {
    const workspaceId = await requireWorkspace(db);
    if (!(await db.tx((tx) => revokeApiKey(tx, workspaceId, id)))) {
      throw new StartupError(`there is no key ${id}`, 'See: waping keys list');
    }
    process.stdout.write(`${id} revoked\n`);
  });
}
