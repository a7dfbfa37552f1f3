import type { Queryable, SqlValue, Tx } from '../../src/platform/db/port.ts';

/** A node of a plan that was run, with those below it. */
export interface PlanNode {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  'Sort Key'?: string[];
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const text = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value));

function literal(value: SqlValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return quoted(`{${value.map((one) => JSON.stringify(text(one))).join(',')}}`);
  return quoted(text(value));
}

/**
 * Runs what `ask` asks and answers the nodes of its plans instead of rows. The plans are those of the product's own
 * connections, made for any value of the parameters.
 */
export async function plansOf(tx: Tx, ask: (explaining: Queryable) => Promise<unknown>): Promise<PlanNode[]> {
  const nodes: PlanNode[] = [];
  await tx.query('set local plan_cache_mode = force_generic_plan');
  await ask({
    query: async <Row>(sql: string, params: readonly SqlValue[] = []) => {
      await tx.query(`prepare asked as ${sql}`);
      const values = params.length === 0 ? '' : `(${params.map(literal).join(', ')})`;
      const rows = await tx.query<{ 'QUERY PLAN': unknown }>(`explain (analyze, format json) execute asked ${values}`);
      await tx.query('deallocate asked');
      const told = rows[0]?.['QUERY PLAN'];
      const plans: { Plan: PlanNode }[] = typeof told === 'string' ? JSON.parse(told) : told;
      for (const { Plan } of plans) nodes.push(...nodesOf(Plan));
      return [] as Row[];
    },
  });
  return nodes;
}

/** Rows of a table that were looked at, also in vain. */
export function lookedAt(nodes: readonly PlanNode[], table: string): { rows: number; by: string[] } {
  const scans = nodes.filter((node) => node['Relation Name'] === table && node['Node Type'].includes('Scan'));
  const rows = scans.reduce(
    (sum, node) => sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
    0,
  );
  return { rows, by: scans.map((node) => node['Index Name'] ?? node['Node Type']) };
}
