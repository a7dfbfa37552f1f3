import type { EngineRecord, Inbound } from '../../src/engine/port.ts';
import type { Db } from '../../src/platform/db/port.ts';
import type { OwnedDevice } from './factories.ts';

export const ADA = { kind: 'person', phone: '+15550003000' } as const;
export const ME = { kind: 'person', phone: '+15550001000' } as const;
export const TEAM = { kind: 'group', id: '120363000000000020' } as const;
export const T0 = Date.UTC(2026, 10, 1);
export const LIMITS = { plan: 'enterprise', devices: 50, outboundPerMonth: 1_000, apiAccess: true, suspended: false };

let last = 0;
/** A message that came, with ids of their own where none is given. */
export function arrival(text: string, more: Partial<Inbound> = {}): EngineRecord {
  last += 1;
  const content = { type: 'text', text: { body: text } } as const;
  const base = { waId: `A${last}`, chat: ADA, sender: ADA, fromMe: false, sentAt: T0, content, offline: false };
  return { kind: 'inbound', message: { ...base, ...more } };
}

/** Events whose type is like this, oldest first. */
export const events = async (db: Db, { workspaceId }: OwnedDevice, like: string) =>
  db.query<{
    type: string;
    subject_id: string;
    data: { message?: { id: string; type: string; text: unknown; source: string }; keyword?: string; reason?: string };
  }>('select type, subject_id, data from event where workspace_id = $1 and type like $2 order by sequence', [
    workspaceId,
    like,
  ]);

/** The contact with this number, and what it said of consent. */
export const contact = async (db: Db, { workspaceId }: OwnedDevice, phone: string = ADA.phone) =>
  (
    await db.query<{
      id: string;
      opted_out_at: Date | null;
      opted_out_reason: string | null;
      opted_out_keyword: string | null;
    }>(
      'select id, opted_out_at, opted_out_reason, opted_out_keyword from contact where workspace_id = $1 and phone = $2',
      [workspaceId, phone],
    )
  )[0];
