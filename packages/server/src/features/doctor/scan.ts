import { unseal } from '../../platform/crypto/seal.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { readPages, type ScannedTable, scannedTables } from '../../platform/db/scan.ts';
import type { DataKeys } from '../workspaces/index.ts';
import { detect } from './detect.ts';

/** Pages of a table read at a time: 128 kB, and the long values they point to. */
const PAGES = 16;

/** Where sealed values belong, as SQL over their table: whose key opens them, and what they were sealed for. */
const SEALED_FOR: Record<string, { column: string; workspace: string; context: string }> = {
  signal_key: {
    column: 'sealed',
    workspace: 'workspace_id',
    context: `workspace_id || '/' || device_id || '/' || type || '/' || id`,
  },
  device_credentials: {
    column: 'sealed',
    workspace: 'workspace_id',
    context: `workspace_id || '/' || device_id || '/credentials/self'`,
  },
  device_link: {
    column: 'secret_sealed',
    workspace: 'workspace_id',
    context: `workspace_id || '/device-link/' || device_id`,
  },
  person: { column: 'totp_sealed', workspace: 'totp_workspace_id', context: `totp_workspace_id || '/totp/' || id` },
  webhook: { column: 'secret_sealed', workspace: 'workspace_id', context: `workspace_id || '/webhook/' || id` },
  job_chunk: {
    column: 'sealed',
    workspace: 'workspace_id',
    context: `workspace_id || '/job-result/' || job_id || '/' || n`,
  },
};

/** A place where a secret lies open. Never the value. */
export interface Finding {
  table: string;
  column: string;
  kind: string;
  rows: number;
}

export interface ScanReport {
  tables: number;
  rows: number;
  /** Sealed values that were opened with their workspace's key. */
  opened: number;
  findings: Finding[];
}

type Value = string | Uint8Array | null;

class Scan {
  readonly report: ScanReport = { tables: 0, rows: 0, opened: 0, findings: [] };
  readonly #dataKeys: DataKeys;

  constructor(dataKeys: DataKeys) {
    this.#dataKeys = dataKeys;
  }

  #note(table: string, column: string, kind: string): void {
    const known = this.report.findings.find((f) => f.table === table && f.column === column && f.kind === kind);
    if (known) known.rows += 1;
    else this.report.findings.push({ table, column, kind, rows: 1 });
  }

  async #opens(sealed: Uint8Array, workspaceId: Value, context: Value): Promise<boolean> {
    if (typeof workspaceId !== 'string' || typeof context !== 'string') return false;
    try {
      unseal(await this.#dataKeys.get(workspaceId), sealed, context);
      return true;
    } catch {
      // Whatever the reason, the value is not what its place promises.
      return false;
    }
  }

  async row({ table, columns }: ScannedTable, values: readonly Value[]): Promise<void> {
    this.report.rows += 1;
    const [workspaceId = null, context = null] = values.slice(columns.length);
    for (const [i, { name }] of columns.entries()) {
      const value = values[i];
      if (value === null || value === undefined) continue;
      const kind = detect({ table, name }, value);
      if (kind) this.#note(table, name, kind);
      else if (SEALED_FOR[table]?.column === name && typeof value !== 'string') {
        if (await this.#opens(value, workspaceId, context)) this.report.opened += 1;
        else this.#note(table, name, 'value its workspace’s key does not open');
      }
    }
  }
}

/**
 * Looks through every text and every bytes of every table for secrets that lie open, and opens what is sealed. A bounded
 * part of a table is in memory at a time. Writes while it reads may be missed: run it again.
 */
export async function scanForSecrets(
  services: { db: Queryable; dataKeys: DataKeys },
  onTable?: (table: string, done: number, total: number) => void,
): Promise<ScanReport> {
  const scan = new Scan(services.dataKeys);
  const tables = await scannedTables(services.db);
  const total = tables.reduce((sum, { blocks }) => sum + blocks, 0);
  let done = 0;
  for (const table of tables) {
    const sealed = SEALED_FOR[table.table];
    const extra = sealed ? [sealed.workspace, sealed.context] : [];
    for (let from = 0; from < table.blocks; from += PAGES) {
      onTable?.(table.table, done + from, total);
      for (const values of await readPages(services.db, table, { from, to: from + PAGES, extra })) {
        await scan.row(table, values);
      }
    }
    done += table.blocks;
    scan.report.tables += 1;
  }
  return scan.report;
}
