import type { OperationContext, SandboxControl } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { addressOf, toSandboxGroup } from './group-schemas.ts';
import { findPhone, findPhones, type PhoneRow } from './store.ts';

const GROUP_ID = /^[\d-]{10,41}$/;

/** The sandbox's control plane; NOT_FOUND where the operator switched the sandbox off. */
export function requireSandbox(ctx: OperationContext): SandboxControl {
  if (ctx.live.sandbox) return ctx.live.sandbox;
  throw new WapingError('NOT_FOUND', 'the sandbox is switched off on this server');
}

/** A simulated phone of this workspace: another workspace's phone does not exist here. */
export async function requirePhone(ctx: OperationContext, phone: string): Promise<PhoneRow> {
  const row = await findPhone(ctx.tx, ctx.workspace.id, phone);
  if (!row) throw new WapingError('NOT_FOUND', 'no such simulated phone', { param: 'phone' });
  return row;
}

/** Each of these is a simulated phone of this workspace. Throws NOT_FOUND with those that are not. */
export async function requirePhones(ctx: OperationContext, phones: readonly string[], param: string): Promise<void> {
  const own = new Set((await findPhones(ctx.tx, ctx.workspace.id, phones)).map(({ phone }) => phone));
  const details = phones.flatMap((phone, i) =>
    own.has(phone) ? [] : [{ param: `${param}.${i}`, message: 'no such simulated phone' }],
  );
  const [first] = details;
  if (first) throw new WapingError('NOT_FOUND', 'no such simulated phone', { param: first.param, details });
}

/** A group that a phone of this workspace is in or asks to join; any other does not exist here. */
export async function requireGroup(
  ctx: OperationContext,
  whatsappId: string,
  param = 'whatsappId',
): Promise<ReturnType<typeof toSandboxGroup>> {
  const none = new WapingError('NOT_FOUND', 'no such group on the sandbox network', { param });
  if (!GROUP_ID.test(whatsappId)) throw none;
  const reply = await requireSandbox(ctx)
    .call('groups.get', { group: addressOf(whatsappId) })
    .catch((error: unknown) => {
      throw error instanceof WapingError && error.code === 'NOT_FOUND' ? none : error;
    });
  const group = toSandboxGroup(reply);
  const people = [...group.members.map(({ phone }) => phone), ...group.requests];
  if ((await findPhones(ctx.tx, ctx.workspace.id, people)).length === 0) throw none;
  return group;
}

/** Throws CONFLICT where the phone is not in the group. */
export function requireMember(group: ReturnType<typeof toSandboxGroup>, phone: string): void {
  if (!group.members.some((member) => member.phone === phone))
    throw new WapingError('CONFLICT', 'this phone is not in the group', { param: 'phone' });
}
