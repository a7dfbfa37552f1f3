import { loadConfig } from '../../config/config.ts';
import { issueApiKey, listApiKeys, revokeApiKey } from '../../features/api-keys/index.ts';
import { effectiveLimits, loadPlans, requireApiAccess } from '../../features/plans/index.ts';
import { StartupError } from '../../platform/errors.ts';
import { auditCommand } from './audit.ts';
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
    const wanted = { name: options.name, scopes, expiresAt };
    const { apiKey, id } = await db.tx(async (tx) => {
      const made = await issueApiKey(tx, { workspaceId, ...wanted });
      await auditCommand(tx, 'keys.create', { workspaceId, id: made.id, after: wanted });
      return made;
    });
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
    const revoked = await db.tx(async (tx) => {
      const found = await revokeApiKey(tx, workspaceId, id);
      if (found) await auditCommand(tx, 'keys.revoke', { workspaceId, id });
      return found;
    });
    if (!revoked) {
      throw new StartupError(`there is no key ${id}`, 'See: waping keys list');
    }
    process.stdout.write(`${id} revoked\n`);
  });
}
