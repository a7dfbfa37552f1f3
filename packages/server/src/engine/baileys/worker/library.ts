import type { UserFacingSocketConfig } from 'baileys';

type LibraryLogger = NonNullable<UserFacingSocketConfig['logger']>;

const nothing = (): void => {};

/** Baileys logs stanzas and keys; the worker has its own small log. */
export const SILENT_LOGGER: LibraryLogger = {
  level: 'silent',
  child: () => SILENT_LOGGER,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/** Libraries print session records, private keys included, to the console: this process has none. */
export function silenceConsole(): void {
  for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const) console[name] = nothing;
}
