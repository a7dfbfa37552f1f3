import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineRecord } from '../../src/engine/port.ts';
import { dataRightsJobs } from '../../src/features/data-rights/index.ts';
import { recordJobEnd } from '../../src/features/jobs/index.ts';
import type { MediaFiles } from '../../src/features/media/index.ts';
import { DataKeys } from '../../src/features/workspaces/index.ts';
import { createWrappedDataKey } from '../../src/platform/crypto/master-key.ts';
import { MasterKeys } from '../../src/platform/crypto/master-keys.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { brandId, newId } from '../../src/platform/ids.ts';
import type { JobHandler } from '../../src/platform/jobs/run.ts';
import { JobRunner } from '../../src/platform/jobs/runner.ts';
import { findJob, type JobRow } from '../../src/platform/jobs/store.ts';
import { createLogger } from '../../src/platform/log.ts';
import { commit, type OwnedDevice, ownedDevice } from '../delivery/factories.ts';
import { Caller } from './calls.ts';
import { mediaOn } from './media.ts';

const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 10_000, apiAccess: true, suspended: false };
const log = createLogger('silent');

/** A workspace with a connected device, a real data key, and jobs that run when told to. */
export class RightsWorld {
  readonly db: Db;
  readonly device: OwnedDevice;
  readonly caller: Caller;
  readonly masterKey: Buffer;
  readonly media: MediaFiles;

  private constructor(parts: { db: Db; device: OwnedDevice; masterKey: Buffer; media: MediaFiles }) {
    const { db, device, masterKey, media } = parts;
    this.media = media;
    this.db = db;
    this.device = device;
    this.masterKey = masterKey;
    this.caller = new Caller(db, brandId('ws', device.workspaceId), LIMITS);
  }

  static async create(db: Db): Promise<RightsWorld> {
    const device = await ownedDevice(db);
    const masterKey = randomBytes(32);
    await db.query('update workspace set data_key = $2 where id = $1', [
      device.workspaceId,
      createWrappedDataKey(masterKey, device.workspaceId),
    ]);
    return new RightsWorld({ db, device, masterKey, media: await mediaOn(db) });
  }

  get workspaceId(): string {
    return this.device.workspaceId;
  }

  handlers(): JobHandler[] {
    const wake = { devices() {}, outbox() {}, reads() {}, merged() {}, events() {}, limits() {} };
    const dataKeys = new DataKeys(this.db, MasterKeys.of(this.masterKey));
    return dataRightsJobs({ db: this.db, dataKeys, wake, media: this.media });
  }

  runner(handlers: readonly JobHandler[] = this.handlers(), recurring?: () => Promise<void>): JobRunner {
    const holder = `node_${newId('req')}`;
    const more = recurring ? { recurring } : {};
    return new JobRunner({ db: this.db, log, holder, handlers, onEnd: recordJobEnd, ...more });
  }

  /** A node that runs this job, and others that wait, until it has ended. */
  async finish(jobId: string, handlers?: readonly JobHandler[]): Promise<JobRow | null> {
    await using _runner = this.runner(handlers);
    return await this.untilEnded(jobId);
  }

  async untilEnded(jobId: string): Promise<JobRow | null> {
    const end = Date.now() + 60_000;
    for (;;) {
      const row = await findJob(this.db, this.workspaceId, jobId);
      if (row === null || row.finished_at !== null) return row;
      if (Date.now() > end) throw new Error(`the job does not end: ${JSON.stringify(row)}`);
      await sleep(20);
    }
  }

  /** A call that answers JSON. */
  async ask(id: string, input: object, key?: string): Promise<Record<string, unknown>> {
    const reply = await this.caller.call(id, input, key === undefined ? {} : { key });
    return JSON.parse(String(reply.body));
  }

  /** A message arrives. */
  async arrive(from: { phone?: string; lid?: string }, text: string, pushName?: string, group?: string): Promise<void> {
    const sender = { kind: 'person', ...from } as const;
    const chat = group === undefined ? sender : ({ kind: 'group', id: group } as const);
    const record: EngineRecord = {
      kind: 'inbound',
      message: {
        waId: `3EB0${newId('req').slice(4)}`,
        chat,
        sender,
        fromMe: false,
        sentAt: Date.now(),
        content: { type: 'text', text: { body: text } },
        offline: false,
        ...(pushName === undefined ? {} : { pushName }),
      },
    };
    await commit(this.db, this.device, [record]);
  }

  /** Somebody reacts in a group to the message of this text. */
  async react(from: { phone?: string; lid?: string }, text: string, group: string): Promise<void> {
    const [row] = await this.db.query<{ wa_id: string }>(
      `select wa_id from message where workspace_id = $1 and content -> 'text' ->> 'body' = $2`,
      [this.workspaceId, text],
    );
    const record: EngineRecord = {
      kind: 'change',
      change: {
        waId: `3A${newId('req').slice(4)}`,
        chat: { kind: 'group', id: group },
        sender: { kind: 'person', ...from },
        fromMe: false,
        at: Date.now(),
        targetWaId: row?.wa_id ?? '',
        change: { type: 'reaction', emoji: '👍' },
      },
    };
    await commit(this.db, this.device, [record]);
  }

  async contactId(phone: string): Promise<string> {
    const { data } = await this.ask('contacts.list', { query: { phone } });
    const [contact] = Array.isArray(data) ? data : [];
    return String(contact?.id);
  }
}

/** Where a text is found, over every column of every table that can hold one: `table.column`. */
export async function whereIs(db: Db, text: string): Promise<string[]> {
  const columns = await db.query<{ table: string; column: string }>(
    `select c.relname as table, a.attname as column from pg_attribute a join pg_class c on c.oid = a.attrelid
     join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
     where n.nspname = current_schema() and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
       and t.typname in ('text', 'varchar', 'json', 'jsonb', '_text', 'bytea', 'tsvector') order by 1, 2`,
  );
  const found: string[] = [];
  for (const { table, column } of columns) {
    const hit = await db.query(
      `select 1 from ${table} where strpos(${column}::text, $1) > 0 or strpos(${column}::text, $2) > 0 limit 1`,
      [text, Buffer.from(text).toString('hex')],
    );
    if (hit.length > 0) found.push(`${table}.${column}`);
  }
  return found;
}
