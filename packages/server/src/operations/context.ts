import type { AskName, Asks } from '../engine/asks.ts';
import type { SessionHealth } from '../engine/port.ts';
import type { LogTail } from '../features/events/index.ts';
import type { MediaFiles } from '../features/media/index.ts';
import type { Queryable } from '../platform/db/port.ts';
import type { ApiKeyId, PersonId, RequestId, SessionId, WorkspaceId } from '../platform/ids.ts';
import type { Logger } from '../platform/log.ts';
import type { MediaTools } from '../platform/media-tools/tools.ts';
import type { SafeFetch } from '../platform/safe-fetch/index.ts';
import type { AuditChange } from './audit/entry.ts';
import type { Operation, Role } from './define.ts';
import type { PlanRates } from './rate-limits.ts';

/** A program with an API key. */
export interface KeyActor {
  kind: 'api_key';
  id: ApiKeyId;
  /** `resource:verb`, `resource:*` or `*`. */
  scopes: readonly string[];
  /** The only devices it may use; null: all of the workspace. */
  devices: readonly string[] | null;
  /** The only addresses and networks it may be used from, checked before a call; null: any. */
  ips: readonly string[] | null;
  expiresAt: Date | null;
}

/** A person who signed in, with the role they have in the workspace their session works in. */
export interface PersonActor {
  kind: 'person';
  id: PersonId;
  role: Role;
  sessionId: SessionId;
}

/** Who runs the installation. */
export interface OperatorActor {
  kind: 'operator';
  id: 'operator';
  scopes: readonly string[];
}

/** Who calls. */
export type Actor = KeyActor | PersonActor | OperatorActor;

/** The devices a caller is held to; null where it may use every one of its workspace. */
export function devicesOf(actor: Actor): readonly string[] | null {
  return actor.kind === 'api_key' ? actor.devices : null;
}

/** What a plan grants. */
export interface Plan {
  /** Devices of network `whatsapp`. */
  devices: number;
  /** Messages accepted in a calendar month (UTC), those of sandbox devices not counted. */
  outboundPerMonth: number;
  /** Whether API keys work. */
  apiAccess: boolean;
  /** Requests a minute where they are other than the installation's. */
  rateLimits?: PlanRates;
}

/** What a workspace may do now: its plan with the operator's overrides. */
export interface Limits extends Plan {
  plan: string;
  suspended: boolean;
}

/** The plans of this installation, by name. */
export interface PlanBook {
  /** In the order of the operator's file. */
  readonly names: readonly string[];
  /** Null when there is no plan of this name. */
  find(name: string): Plan | null;
}

/** What this process knows of monthly quotas beside the counts in the database. */
export interface QuotaMemory {
  /** Rows that share the count of one workspace and month. */
  readonly shards: number;
  /** Whether this much was found used up lately. */
  isSpent(month: SpentMonth): boolean;
  noteSpent(month: SpentMonth): void;
  /** Some of it was given back. */
  noteFreed(month: SpentMonth): void;
}

export interface SpentMonth {
  workspaceId: string;
  /** First day, `2026-11-01`. */
  month: string;
  limit: number;
}

/** What may happen on a committed change, outside the transaction: nudges to whoever does the work. */
export interface Wakeups {
  /** A device's desired state changed. */
  devices(): void;
  /** New rows wait in a device's outbox, such as must not wait for the acks of others where they are urgent. */
  outbox(deviceId: string, urgent?: boolean): void;
  /** Chats of a device were marked read. */
  reads(deviceId: string): void;
  /** Chats of this node became one: their messages keep their order. */
  merged(chats: readonly { from: string; to: string }[]): void;
  /** New events are in the log: of the caller's workspace, or another. */
  events(workspaceId?: string): void;
  /** A workspace's plan, limits or suspension changed. */
  limits(workspaceId: string): void;
}

/** Things that live in memory or in another process, reachable by a verb outside any transaction. */
export interface LiveServices {
  /** Measured signs of life of a session this node holds; null when it holds none. */
  deviceHealth(deviceId: string): Promise<SessionHealth | null>;
  /** Asks WhatsApp over a session this node holds. Rejects with EngineAskError. */
  ask<K extends AskName>(deviceId: string, name: K, input: Asks[K]['input']): Promise<Asks[K]['answer']>;
  sandbox: SandboxControl | null;
  /** The end of the event log as it grows. */
  events: LogTail;
  /** The bytes of media. */
  media: MediaFiles;
  /** Fetches what lies on other servers. */
  outside: SafeFetch;
  /** Looks into files and makes others of them. */
  mediaTools: MediaTools;
  plans: PlanBook;
  /** Whether the operator has turned pacing off for devices of network `whatsapp`. */
  pacingOff: boolean;
  quota: QuotaMemory;
  /** Everything WAPing can do: for who must tell of operations or their scopes. */
  catalogue: { readonly operations: readonly Operation[] };
  /** Makes the data key of a new workspace, wrapped by the master key. */
  newDataKey(workspaceId: string): Buffer;
}

/** The sandbox's control plane as features use it. Rejects with WapingError. */
export interface SandboxControl {
  call(operation: string, body: Record<string, unknown>): Promise<unknown>;
}

/** What a verb gets. `tx` is a transaction for operations that write, the database itself for those that read. */
export interface OperationContext {
  workspace: { id: WorkspaceId };
  actor: Actor;
  /** What the workspace may do, at most a second old. */
  limits: Limits;
  /** How often the operation's `refused` had the verb run again in this call. */
  attempt: number;
  tx: Queryable;
  /** Takes writes whose rows the verb does not need. They commit with the rest of the call, perhaps only at its end. */
  write: Queryable;
  now: Date;
  requestId: RequestId;
  /** Ends when nobody waits for the answer any more: what is being fetched for it is then given up. */
  signal: AbortSignal;
  /**
   * Whether the caller would be let in now as it was then, told anew at most a second after a change: for a reply that
   * goes on long after the call. Rejects where this cannot be told.
   */
  stillMay(): Promise<boolean>;
  /** The network address the call came from; null where there is none. */
  address: string | null;
  /** Where people reach this installation: an origin, without a slash at its end. Links to pages begin with it. */
  publicUrl: string;
  log: Logger;
  live: LiveServices;
  wake: Wakeups;
  /** Seals a short secret under the workspace's data key. */
  secrets: {
    seal(plain: string, context: string): Promise<Buffer>;
    open(sealed: Uint8Array, context: string): Promise<string>;
  };
  /**
   * Tells what is worth showing of a change in the call's audit row, which is written whether or not a verb says
   * anything: who gained which role, which limit was moved. No secrets, no message bodies.
   */
  audit(change: AuditChange): void;
  /** Registers work for after the commit; dropped when the transaction rolls back. */
  afterCommit(fn: () => void): void;
}
