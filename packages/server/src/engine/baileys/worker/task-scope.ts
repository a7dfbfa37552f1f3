import { AsyncLocalStorage } from 'node:async_hooks';
import type { KeyTransaction } from './key-store.ts';

/** What a task of the worker is part of. It follows the task through everything the library does for it. */
export interface TaskScope {
  /**
   * Set while the gateway's own send runs; `frame` becomes the number of the frame it made. Lanes order sends per
   * chat, so they do not take Baileys' one lock per account.
   */
  readonly send?: { frame: number } | undefined;
  /** Set while a send looks for its recipient's devices: see `injectE2ESession` in signal.ts. */
  readonly keepSessions?: true | undefined;
  readonly transaction?: KeyTransaction | undefined;
}

/** One for all: Node.js 20 copies the value of every storage in use at every promise the library makes. */
const storage = new AsyncLocalStorage<TaskScope>();

const NONE: TaskScope = {};

/** The scope of the current task. */
export function taskScope(): TaskScope {
  return storage.getStore() ?? NONE;
}

/** Runs `work` as part of no task: what lives longer than the task it was begun in. */
export function outsideTasks<T>(work: () => T): T {
  return storage.run(NONE, work);
}

/** Runs `work` in the current task's scope with `part` set. */
export function inTaskScope<T>(part: TaskScope, work: () => T): T {
  const { send, keepSessions, transaction } = taskScope();
  const scope: TaskScope = {
    send: part.send ?? send,
    keepSessions: part.keepSessions ?? keepSessions,
    transaction: part.transaction ?? transaction,
  };
  return storage.run(scope, work);
}
