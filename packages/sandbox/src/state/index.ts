import type { Core } from '../core.ts';
import { Autosave } from './autosave.ts';
import { collectState } from './collect.ts';
import { toJson } from './json.ts';
import { parseState, restoreState } from './restore.ts';
import { readState, writeState } from './state-file.ts';

export { Autosave } from './autosave.ts';

/** Writes the whole network to a file in one atomic step (mode 0600: it holds the phones' private keys). */
export function saveState(core: Core, path: string): Promise<void> {
  return writeState(path, toJson(collectState(core)));
}

/**
 * Fills a fresh network from a file; false when there is none yet. Throws BAD_REQUEST when the file is damaged, of
 * another version or from another seed.
 */
export async function loadState(core: Core, path: string): Promise<boolean> {
  const text = await readState(path);
  if (text === undefined) return false;
  restoreState(core, parseState(text));
  return true;
}

/** Loads the file, then keeps it at most 250 ms behind the network until disposed of. */
export async function keepState(core: Core, path: string, onError: (error: unknown) => void): Promise<Autosave> {
  await loadState(core, path);
  const autosave = new Autosave({ save: () => saveState(core, path), onError });
  const watched = ['changed', 'paired', 'preKeys', 'logout', 'phoneMessage', 'phoneReceipt'] as const;
  for (const event of watched) core.events.on(event, () => autosave.touch());
  // The file exists from the first start on, so that its path and mode are known to be good.
  autosave.touch();
  return autosave;
}
