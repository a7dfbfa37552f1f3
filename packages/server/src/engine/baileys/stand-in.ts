import type { EngineRecord } from '../port.ts';

const MAX_KIND = 128;

/**
 * What is stored of a message that cannot be: that there is one, and of which kind. Undefined for other records: they
 * say nothing without what they say.
 */
export function standIn(record: EngineRecord): EngineRecord | undefined {
  if (record.kind !== 'inbound') return undefined;
  const { waId, chat, sender, fromMe, sentAt, content, offline } = record.message;
  const kind = content.type === 'unsupported' ? content.unsupported.kind.slice(0, MAX_KIND) : content.type;
  const at = Number.isNaN(new Date(sentAt).getTime()) ? Date.now() : sentAt;
  const unsupported = { type: 'unsupported', unsupported: { kind } } as const;
  return { kind: 'inbound', message: { waId, chat, sender, fromMe, sentAt: at, content: unsupported, offline } };
}
