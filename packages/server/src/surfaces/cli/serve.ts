import { rename, writeFile } from 'node:fs/promises';
import { loadConfig } from '../../config/config.ts';
import type { AppContext } from '../../context.ts';
import { armFaultPoint } from '../../platform/fault-points.ts';
import { createLogger } from '../../platform/log.ts';
import { openStorage } from '../../storage.ts';

/** A shutdown that takes longer than this has lost something: end, and let the next start recover. */
const SHUTDOWN_MS = 30_000;
const END_OF_LIFE_MAJOR = 20;

function nextSteps(app: AppContext): string {
  const { url, first } = app;
  const key = first.apiKey ?? '$WAPING_KEY';
  const lines = [
    '',
    `WAPing is ready at ${url}`,
    '',
    `  API reference   ${url}/docs`,
    `  Workspace       ${first.workspaceId}`,
    first.apiKey
      ? `  API key         ${first.apiKey}   (shown this once: keep it)`
      : '  API key         the one from the first start; another: waping keys create --name …',
    ...ownerLines(app),
    '',
    'Try it:',
    '',
    `  curl -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `    -d '{"label":"Support","network":"sandbox"}' ${url}/v1/devices`,
    '',
    'Stop with Ctrl-C.',
    '',
  ];
  return lines.join('\n');
}

function ownerLines({ owner }: AppContext): string[] {
  if (!owner) return [];
  const password = owner.generated ? `${owner.password}   (shown this once: keep it)` : 'the one you configured';
  return [`  Owner           ${owner.email}`, `  Password        ${password}`];
}

// Written aside and renamed: whoever waits for the file never reads half of it.
async function writeReadyFile(file: string, app: AppContext): Promise<void> {
  const { url, first, owner } = app;
  const content = {
    url,
    pid: process.pid,
    workspaceId: first.workspaceId,
    ...(first.apiKey ? { apiKey: first.apiKey } : {}),
    ...(owner ? { owner: { email: owner.email, password: owner.password } } : {}),
  };
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

async function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}

/** Runs the gateway until a signal, then shuts down in order. */
export async function serve(options: { readyFile?: string }): Promise<void> {
  const config = loadConfig();
  const log = createLogger(config.logLevel);
  if (config.faultPoint) armFaultPoint(config.faultPoint);
  if (Number(process.versions.node.split('.')[0]) <= END_OF_LIFE_MAJOR) {
    log.warn({ node: process.versions.node }, 'this Node.js gets no fixes any more; use 22 or 24');
  }
  const signal = untilSignal();
  // Most of a start is the database's; the code that uses it is loaded beside it.
  const storage = openStorage(config, log);
  storage.catch(() => {});
  const { startApp } = await import('../../context.ts');
  const app = await startApp(config, log, storage);
  process.stdout.write(nextSteps(app));
  if (options.readyFile) await writeReadyFile(options.readyFile, app);
  await signal;
  process.stdout.write('\nStopping: finishing what is in flight…\n');
  // The one place that may end the process: a hung shutdown must not hold the next start up.
  setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
  await app[Symbol.asyncDispose]();
}
