import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ControlClient } from '@waping/sandbox';
import { z } from 'zod';

const readySchema = z.object({
  url: z.string(),
  rootKey: z.string(),
  controlUrl: z.string(),
  controlToken: z.string(),
  caFile: z.string(),
  mediaHost: z.string(),
});

/** The simulated network as a process that outlives every death of the gateway. */
export interface OutsideNetwork extends AsyncDisposable {
  control: ControlClient;
  /** What points a gateway's devices of network `whatsapp` here. */
  env: Record<string, string>;
}

async function ready(child: ChildProcess, file: string): Promise<z.output<typeof readySchema>> {
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the network ended with ${code}`)));
  });
  return readySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Starts the network with keys made from `seed`. */
export async function startOutsideNetwork(seed: string): Promise<OutsideNetwork> {
  const directory = mkdtempSync(path.join(tmpdir(), 'waping-network-'));
  const file = path.join(directory, 'ready.json');
  const entry = createRequire(import.meta.url).resolve('@waping/sandbox');
  const main = path.join(path.dirname(entry), 'main.js');
  // It ends by itself when this process does: its channel closes.
  const child = fork(main, ['--ready-file', file, '--seed', seed], { env: {}, execArgv: [] });
  const stop = async (): Promise<void> => {
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const access = await ready(child, file);
    return {
      control: new ControlClient(access),
      env: {
        WAPING_SANDBOX: 'off',
        WAPING_WHATSAPP_URL: access.url,
        WAPING_PACING: 'off',
        WAPING_WHATSAPP_ROOT: access.rootKey,
        NODE_EXTRA_CA_CERTS: access.caFile,
        WAPING_WHATSAPP_MEDIA_HOST: access.mediaHost,
      },
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
