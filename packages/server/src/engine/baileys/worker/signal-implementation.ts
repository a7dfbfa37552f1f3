/**
 * Which package Baileys' `libsignal` import resolves to. WAPing ships its own under that name; the original is
 * GPL-3.0 and prints key material, so a worker refuses to start on it.
 */
export async function signalImplementation(): Promise<string> {
  const name: string = 'libsignal';
  const found: unknown = await import(name);
  if (typeof found !== 'object' || found === null || !('implementation' in found)) return 'another package';
  return typeof found.implementation === 'string' ? found.implementation : 'another package';
}
