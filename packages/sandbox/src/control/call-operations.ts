import { z } from 'zod';
import { SandboxError } from '../errors.ts';
import type { Network } from '../network-api.ts';
import { endCall, type PhoneCall, startCall } from '../phone/calling.ts';
import { number, operation } from './define.ts';

function phoneOf(network: Network, user: string) {
  const account = network.core.registry.byUser(user, 'pn');
  if (!account) throw new SandboxError('NOT_ON_WHATSAPP', `there is no phone with the number +${user}`);
  return account.phone;
}

function view({ end, at, ...call }: PhoneCall) {
  return { ...call, at: new Date(at).toISOString(), end: end ?? null };
}

/** Calls between phones. */
export const callOperations = {
  'phones.call': operation(
    z.strictObject({ number, to: z.string().min(3).max(128), video: z.boolean().default(false) }),
    (network, input) => view(startCall(phoneOf(network, input.number), input.to, input.video)),
  ),
  'phones.endCall': operation(
    z.strictObject({ number, id: z.string().min(1).max(64), how: z.enum(['hang_up', 'timeout', 'answer', 'reject']) }),
    (network, input) => {
      endCall(phoneOf(network, input.number), input.id, input.how);
      return {};
    },
  ),
  'phones.calls': operation(z.strictObject({ number }), (network, input) => ({
    calls: Array.from(phoneOf(network, input.number).calls.values(), view),
  })),
};
