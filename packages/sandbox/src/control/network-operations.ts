import { z } from 'zod';
import { noFaults } from '../faults.ts';
import type { Network } from '../network-api.ts';
import { number, operation } from './define.ts';
import { faultsView } from './views.ts';

const nothing = z.strictObject({});
const some = z.strictObject({ number: number.optional() });
const code = z.number().int().min(1).max(999);
const milliseconds = z.number().int().min(0).max(600_000);
const faultFields = z.strictObject({
  ackDrop: z.boolean().optional(),
  ackDelayMs: milliseconds.optional(),
  ackDuplicate: z.boolean().optional(),
  ackReorder: z.boolean().optional(),
  nack: code.nullable().optional(),
  nackFor: z.record(z.string(), code).optional(),
  muteIq: z.array(z.string().max(100)).max(50).optional(),
  iqDelayMs: milliseconds.optional(),
  rejectLogin: code.nullable().optional(),
  minVersion: z.array(z.number().int()).length(3).nullable().optional(),
  preKeyExhaustion: z.boolean().optional(),
  receiptDrop: z.boolean().optional(),
  sink: z.boolean().optional(),
});

function setFaults(network: Network, input: z.output<typeof faultFields>) {
  const { faults } = network;
  const { nackFor, muteIq, ...rest } = input;
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) Object.assign(faults, { [key]: value ?? undefined });
  }
  if (nackFor) faults.nackFor = new Map(Object.entries(nackFor));
  if (muteIq) faults.muteIq = new Set(muteIq);
  return faultsView(faults);
}

const mediaFault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('missing') }),
  z.strictObject({ kind: z.literal('status'), status: z.number().int().min(200).max(599) }),
  z.strictObject({ kind: z.literal('corrupt') }),
  z.strictObject({ kind: z.literal('slow'), delayMs: milliseconds }),
]);

function info(network: Network) {
  return {
    url: network.url,
    port: network.port,
    rootKey: network.rootKey.toString('hex'),
    mediaHost: network.mediaHost,
    mediaCa: network.mediaCa,
    addressing: network.core.options.addressing,
  };
}

function stats(network: Network) {
  const { rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { connections, registry } = network.core;
  return { ...network.stats, connections: connections.size, accounts: registry.size, rss, cpuMicros: user + system };
}

/** Faults, connections and figures of the whole network. */
export const networkOperations = {
  info: operation(nothing, info),
  stats: operation(nothing, stats),
  'faults.get': operation(nothing, (network) => faultsView(network.faults)),
  'faults.set': operation(faultFields, setFaults),
  'faults.clear': operation(nothing, (network) => faultsView(Object.assign(network.faults, noFaults()))),
  /** `target` is a direct path, `*` for every download or `upload`; null heals. */
  'media.fault': operation(
    z.strictObject({ target: z.string().min(1).max(1_000), fault: mediaFault.nullable() }),
    (network, { target, fault }) => {
      network.core.media.faults.set(target, fault ?? undefined);
      return {};
    },
  ),
  'connections.kick': operation(some, (network, input) => ({ connections: network.kick(input.number) })),
  'connections.freeze': operation(some, (network, input) => ({ connections: network.freeze(input.number) })),
  'connections.corrupt': operation(some, (network, input) => ({ connections: network.corrupt(input.number) })),
  'connections.streamError': operation(
    z.strictObject({
      number: number.optional(),
      code: z.string().max(40).optional(),
      reason: z.string().max(40).optional(),
      type: z.string().max(40).optional(),
    }),
    (network, { number: user, ...error }) => ({ connections: network.streamError(error, user) }),
  ),
};
