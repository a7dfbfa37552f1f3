import { z } from 'zod';
import { faultsOf } from '../account-faults.ts';
import type { Network } from '../network-api.ts';
import { number, operation } from './define.ts';
import { accountFaultsView } from './views.ts';

const MAX_MS = 600_000;
const code = z.number().int().min(1).max(999);
const deafness = z.enum(['answering', 'silent']);

const accountFaults = z.strictObject({
  number,
  deaf: deafness.nullable().optional(),
  ackDrop: z.boolean().optional(),
  ackDelayMs: z.number().int().min(0).max(MAX_MS).optional(),
  ackDuplicate: z.boolean().optional(),
  ackReorder: z.boolean().optional(),
  nack: code.nullable().optional(),
  duplicate: z.boolean().optional(),
  reorder: z.boolean().optional(),
  reachOutLockUntil: z.number().int().min(0).nullable().optional(),
  passkey: z.boolean().optional(),
  rejectLogin: code.nullable().optional(),
});

function setFaults(network: Network, { number: user, ...input }: z.output<typeof accountFaults>) {
  const given = Object.entries(input).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, value]],
  );
  return accountFaultsView(network.accountFaults(user, Object.fromEntries(given)));
}

function unlinkAll(network: Network, { number: user }: { number: string }) {
  const account = network.core.registry.byUser(user, 'pn');
  const ids = [...(account?.devices.keys() ?? [])];
  for (const id of ids) account?.phone.unlink(id);
  return { connections: ids.length };
}

/** Misbehaviour towards the linked devices of one account. */
export const faultOperations = {
  'phones.faults.get': operation(z.strictObject({ number }), (network, input) =>
    accountFaultsView(faultsOf(network.faults, input.number)),
  ),
  'phones.faults.set': operation(accountFaults, setFaults),
  'phones.unlinkAll': operation(z.strictObject({ number }), unlinkAll),
  'connections.deafen': operation(
    z.strictObject({ number: number.optional(), how: deafness.default('answering') }),
    (network, input) => ({ connections: network.deafen(input.how, input.number) }),
  ),
};
