import { z } from 'zod';
import { COLLECTIONS } from '../app-state/index.ts';

/** Raised when a field changes its meaning; files of another version are refused, not guessed at. */
export const STATE_VERSION = 1;

const bytes = z.custom<Buffer>((value) => Buffer.isBuffer(value), 'bytes expected');
const form = z.enum(['pn', 'lid']);

export interface NodeState {
  readonly tag: string;
  readonly attrs: Record<string, string>;
  readonly content?: NodeState[] | string | Buffer | undefined;
}

const stanza: z.ZodType<NodeState> = z.lazy(() =>
  z.object({
    tag: z.string(),
    attrs: z.record(z.string(), z.string()),
    content: z.union([bytes, z.string(), z.array(stanza)]).optional(),
  }),
);

const signedPreKey = z.object({ id: z.number(), key: bytes, signature: bytes });

const device = z.object({
  id: z.number(),
  noiseKey: bytes,
  identityKey: bytes,
  createdAt: z.number(),
  identityProof: bytes.optional(),
  onboarded: z.boolean(),
  keys: z
    .object({
      registrationId: z.number(),
      identity: bytes,
      signedPreKey,
      preKeys: z.array(z.object({ id: z.number(), key: bytes })),
    })
    .optional(),
  queue: z.array(stanza),
});

const inboxEntry = z.object({
  id: z.string(),
  chat: z.string(),
  from: z.string(),
  fromDevice: z.number(),
  /** Encoded `Message`. */
  message: bytes,
  at: z.number(),
  own: z.boolean(),
  form,
  duplicates: z.number(),
  read: z.boolean(),
});

const envelope = z.object({
  id: z.string(),
  t: z.string(),
  sender: z.object({ user: z.string(), device: z.number() }),
  sentTo: z.string(),
  group: z.string().optional(),
  form,
  own: z.boolean(),
  peer: z.boolean(),
  encs: z.array(stanza),
  attempt: z.number(),
});

const phone = z.object({
  online: z.boolean(),
  auto: z.object({
    deliver: z.boolean(),
    read: z.boolean(),
    reply: z.string().optional(),
    onboard: z.boolean(),
  }),
  inbox: z.array(inboxEntry),
  receipts: z.array(z.object({ id: z.string(), type: z.string(), from: z.string(), chat: z.string(), at: z.number() })),
  sent: z.array(z.object({ id: z.string(), to: z.string(), message: bytes, edit: z.string().optional() })),
  senderKeyHolders: z.map(z.string(), z.array(z.string())),
  pending: z.array(envelope),
  /** Absent for a phone that never used Signal. */
  signal: z.object({ nextPreKey: z.number(), data: z.map(z.string(), z.map(z.string(), z.unknown())) }).optional(),
});

const picture = z.object({ id: z.string(), jpeg: bytes });

const account = z.object({
  user: z.string(),
  name: z.string(),
  about: z.string(),
  businessName: z.string().optional(),
  // A file of the time before pictures had bytes names one that cannot be shown.
  picture: z.union([picture, z.string().transform(() => undefined)]).optional(),
  nextDevice: z.number(),
  blocked: z.array(z.string()),
  onlyByInvite: z.boolean().default(false),
  deviceListReaders: z.array(z.object({ device: z.string(), forms: z.array(form) })),
  devices: z.array(device),
  phone,
});

const group = z.object({
  jid: z.string(),
  owner: z.string(),
  created: z.number(),
  members: z.map(z.string(), z.enum(['superadmin', 'admin', 'member'])),
  subject: z.string(),
  description: z.string(),
  announcement: z.boolean(),
  locked: z.boolean(),
  ephemeral: z.number(),
  invite: z.string(),
  // Not there in files of the time before groups had them.
  openToAdd: z.boolean().default(false),
  approval: z.boolean().default(false),
  requests: z.map(z.string(), z.number()).default(() => new Map<string, number>()),
  left: z.set(z.string()).default(() => new Set<string>()),
  picture: picture.optional(),
});

const collection = z.object({
  name: z.enum(COLLECTIONS),
  server: z.object({
    version: z.number(),
    records: z.array(z.tuple([z.string(), bytes])),
    patches: z.array(z.object({ version: z.number(), bytes })),
    mac: bytes,
    keyId: bytes,
  }),
  phone: z.object({
    version: z.number(),
    hash: bytes,
    macs: z.array(z.tuple([z.string(), bytes])),
    values: z.array(z.tuple([z.string(), bytes])),
  }),
});

const appState = z.object({
  key: z.object({ id: bytes, data: bytes, timestamp: z.number() }),
  collections: z.array(collection),
});

/** Everything a network remembers across a restart. */
export const stateSchema = z.object({
  version: z.literal(STATE_VERSION),
  /** Keys and LIDs derive from it, so a file fits only the seed it was written under. */
  seed: z.string(),
  accounts: z.array(account),
  groups: z.array(group),
  appState: z.array(z.tuple([z.string(), appState])),
});

export type NetworkState = z.infer<typeof stateSchema>;
export type AccountState = z.infer<typeof account>;
export type PhoneState = z.infer<typeof phone>;
export type DeviceState = z.infer<typeof device>;
export type EnvelopeState = z.infer<typeof envelope>;
