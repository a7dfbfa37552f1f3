import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ControlClient } from '@waping/sandbox';

/** The simulated network under a server: for what a person does on a phone that the API has no operation for. */
export async function sandboxControl(dataDir: string): Promise<ControlClient> {
  const ready: unknown = JSON.parse(await readFile(path.join(dataDir, 'sandbox', 'ready.json'), 'utf8'));
  if (ready === null || typeof ready !== 'object' || !('controlUrl' in ready) || !('controlToken' in ready))
    throw new Error('the sandbox is not started');
  return new ControlClient({ controlUrl: String(ready.controlUrl), controlToken: String(ready.controlToken) });
}
