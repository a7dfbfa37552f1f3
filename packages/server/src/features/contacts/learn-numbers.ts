import type { OperationContext } from '../../operations/context.ts';
import { recordEvents } from '../events/index.ts';
import { mergedChats, mergeKnown } from './merge.ts';
import { toContact } from './schemas.ts';
import { setCanonicalPhones } from './store.ts';

/** What WhatsApp said of a number. */
export interface LearntNumber {
  phone: string;
  canonical: string | null;
  lid: string | null;
}

/** Gives contacts the number and LID WhatsApp knows them by, where no other contact has them, and tells of each. */
export async function learnNumbers(ctx: OperationContext, numbers: readonly LearntNumber[]): Promise<void> {
  const known = new Map(numbers.flatMap((one) => (one.canonical === null ? [] : [[one.canonical, one] as const])));
  if (known.size === 0) return;
  const workspaceId = ctx.workspace.id;
  const identities = [...known.values()].map(({ phone, lid }) => ({ workspaceId, phone, lid }));
  if ((await mergeKnown(ctx.tx, identities)) > 0) ctx.afterCommit(() => ctx.wake.merged(mergedChats(ctx.tx)));
  const changed = await setCanonicalPhones(ctx.tx, workspaceId, [...known.values()]);
  if (changed.length === 0) return;
  await recordEvents(
    ctx.write,
    changed.map((row) => {
      const contact = toContact(row);
      return { workspaceId, deviceId: null, subjectId: contact.id, type: 'contact.updated', data: { contact } };
    }),
  );
  ctx.afterCommit(() => ctx.wake.events());
}
