import type { AskName, EngineAskError } from '../asks.ts';
import type { NetworkEndpoint } from '../endpoint.ts';
import type { HistoryGroup, WaitingHistory } from '../history.ts';
import type {
  Address,
  DisconnectCause,
  EngineRecord,
  EngineSendError,
  LinkMethod,
  Outbound,
  OutboundBody,
  SessionHealth,
  SessionSpec,
  UnreadMessage,
} from '../port.ts';
import type { WorkerSettings } from './options.ts';

/** A session of one worker incarnation. A device gets a new number each time it is opened, so late words are known. */
export type SessionNumber = number;

/** What a worker asks the gateway's store, always about one session's device. */
export type Question =
  | { about: 'keys'; type: string; ids: string[] }
  | { about: 'sent'; waId: string; asker: Address }
  | { about: 'inbound'; waId: string }
  | { about: 'unread' }
  | { about: 'history' }
  /** The parent knows whose session asks. */
  | { about: 'history_group'; group: Omit<HistoryGroup, 'workspaceId' | 'deviceId' | 'token'> };

/** The answer to a Question, in the same order of kinds. */
export type Answer =
  | { about: 'keys'; found: Map<string, Uint8Array> }
  | { about: 'sent'; body: OutboundBody | null }
  | { about: 'inbound'; stored: boolean }
  | { about: 'unread'; messages: UnreadMessage[] }
  | { about: 'history'; waiting: WaitingHistory | null }
  | { about: 'history_group'; stored: boolean };

/** Records of one session up to and including sequence number `upTo`. They are committed together or not at all. */
export interface WriteUnit {
  session: SessionNumber;
  upTo: number;
  records: EngineRecord[];
}

export type ToWorker =
  | { tell: 'init'; endpoint: NetworkEndpoint; settings: WorkerSettings }
  /** Is the event loop turning? */
  | { tell: 'beat' }
  | { tell: 'open'; session: SessionNumber; spec: SessionSpec; credentials: Uint8Array }
  /** `deadline` is Unix milliseconds. */
  | { tell: 'link'; session: SessionNumber; spec: SessionSpec; method: LinkMethod; deadline: number }
  /** Closes and flushes; `ended` follows. */
  | { tell: 'stop'; session: SessionNumber }
  /** Cuts the socket and forgets everything unwritten; `ended` follows. */
  | { tell: 'kill'; session: SessionNumber }
  | { tell: 'logout'; session: SessionNumber }
  /** `messages` are of one chat. */
  | { tell: 'send'; session: SessionNumber; call: number; messages: Outbound[] }
  | { tell: 'health'; session: SessionNumber; call: number }
  /** `input` is what `Asks` says of `ask`. */
  | { tell: 'ask'; session: SessionNumber; call: number; ask: AskName; input: unknown }
  | { tell: 'durable'; marks: { session: SessionNumber; seq: number }[] }
  | { tell: 'answer'; call: number; answer: Answer }
  /** `faulty`: the store cannot hold what it was given. */
  | { tell: 'no_answer'; call: number; reason: string; faulty: boolean };

export type FromWorker =
  | { say: 'ready' }
  /** The answer to `beat`. */
  | { say: 'beat' }
  | { say: 'refused'; reason: string }
  | { say: 'write'; units: WriteUnit[] }
  | { say: 'ask'; call: number; session: SessionNumber; question: Question }
  | { say: 'sent'; call: number }
  | {
      say: 'not_sent';
      call: number;
      reason: EngineSendError['reason'];
      message: string;
      retry: boolean;
      left: number;
      providerCode: string | undefined;
    }
  | { say: 'health'; call: number; health: SessionHealth }
  /** `answer` is what `Asks` says of what was asked. */
  | { say: 'answered'; call: number; answer: unknown }
  | {
      say: 'unanswered';
      call: number;
      reason: EngineAskError['reason'];
      message: string;
      code: number | undefined;
      retryAfterMs: number | undefined;
    }
  /** The session is over and its last unit was written before this. */
  | { say: 'ended'; session: SessionNumber; cause: DisconnectCause }
  | { say: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; text: string; fields: Record<string, string | number> };

/**
 * Types what arrives on the IPC channel. Guarantee: both ends are this package in one version, started by `fork`, and
 * nothing else can write to the channel.
 */
export function fromChannel<T extends ToWorker | FromWorker>(raw: unknown): T[] {
  return Array.isArray(raw) ? (raw as T[]) : [];
}
