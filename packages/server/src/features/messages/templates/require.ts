import type { OperationContext } from '../../../operations/context.ts';
import { WapingError } from '../../../platform/errors.ts';
import { type NewEvent, recordEvents } from '../../events/index.ts';
import type { TemplateResource } from './schemas.ts';

export const noSuchTemplate = (): WapingError =>
  new WapingError('NOT_FOUND', 'no such template', { param: 'templateId' });

export function nameTaken(): WapingError {
  const message = 'there is a template of this name in this language';
  return new WapingError('CONFLICT', message, { param: 'name', details: [{ param: 'name', message }] });
}

/** Tells of a change of a template, as it is now. */
export async function recordTemplateEvent(
  ctx: OperationContext,
  type: 'template.created' | 'template.updated' | 'template.deleted',
  template: TemplateResource,
): Promise<void> {
  const event: NewEvent = {
    workspaceId: ctx.workspace.id,
    deviceId: null,
    subjectId: template.id,
    type,
    data: { template },
  };
  await recordEvents(ctx.write, [event]);
  ctx.afterCommit(() => ctx.wake.events());
}
