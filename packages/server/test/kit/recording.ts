import type { Db, Queryable, SqlValue, Statement, Transactional } from '../../src/platform/db/port.ts';

/** The database, with every statement written down that a workspace's operations run. */
export function recording(db: Db, log: Statement[]): Db {
  const note = (target: Queryable): Queryable => ({
    query: <Row>(sql: string, params: readonly SqlValue[] = []) => {
      log.push({ sql, params });
      return target.query<Row>(sql, params);
    },
  });
  const within: Db['within'] = (...whom): Transactional => {
    const own = db.within(...whom);
    return {
      ...note(own),
      batch: (statements) => {
        log.push(...statements);
        return own.batch(statements);
      },
      tx: (fn) => own.tx((tx) => fn({ ...tx, ...note(tx), later: note(tx.later) })),
    };
  };
  return { ...db, within };
}
