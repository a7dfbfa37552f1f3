#!/usr/bin/env node
import { chmod, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { errorText, SandboxError } from './errors.ts';
import { startNetwork } from './network.ts';
import type { Network } from './network-api.ts';
import type { Addressing } from './options.ts';

const USAGE = `waping-sandbox: a simulated WhatsApp network on 127.0.0.1
  --port N          TCP port, 0 for a free one (default 0)
  --media-port N    TCP port of the media host, 0 for a free one (default 0)
  --seed TEXT       root of all keys; the same seed gives the same root key
  --addressing X    pn or lid (default pn)
  --state FILE      remember everything in this file
  --ready-file FILE written with mode 0600 once the network listens
  --control-token T token of the control plane (default: a random one, in the ready file)`;

function readArguments() {
  const text = { type: 'string' } as const;
  return parseArgs({
    options: {
      port: text,
      'media-port': text,
      seed: text,
      addressing: text,
      state: text,
      'ready-file': text,
      'control-token': text,
      help: { type: 'boolean' },
    },
  }).values;
}

function readAddressing(given: string | undefined): Addressing {
  if (given === undefined || given === 'pn' || given === 'lid') return given ?? 'pn';
  throw new SandboxError('BAD_REQUEST', `--addressing is pn or lid, not ${given}`);
}

function readPort(given: string | undefined, option = '--port'): number {
  const port = Number(given ?? 0);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new SandboxError('BAD_REQUEST', `${option} is a number from 0 to 65535, not ${given}`);
}

/** Whole or not at all: whoever waits for the file must never read half of it. */
async function writeReadyFile(file: string, network: Network): Promise<void> {
  const ready = {
    url: network.url,
    port: network.port,
    rootKey: network.rootKey.toString('hex'),
    controlUrl: network.controlUrl,
    controlToken: network.controlToken,
    mediaHost: network.mediaHost,
    caFile: network.core.media.caFile,
    pid: process.pid,
  };
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, JSON.stringify(ready), { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, file);
}

/** Resolves when somebody wants this process to end: a signal, or a parent that is gone. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
    process.once('disconnect', () => resolve());
  });
}

async function main(): Promise<void> {
  const values = readArguments();
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const readyFile = values['ready-file'];
  await using network = await startNetwork({
    port: readPort(values.port),
    mediaPort: readPort(values['media-port'], '--media-port'),
    addressing: readAddressing(values.addressing),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values['control-token'] === undefined ? {} : { controlToken: values['control-token'] }),
    ...(values.state === undefined ? {} : { stateFile: values.state }),
    ...(readyFile === undefined ? {} : { caDir: dirname(readyFile) }),
  });
  const stopped = untilStopped();
  if (readyFile !== undefined) await writeReadyFile(readyFile, network);
  else process.stdout.write(`${network.url}\n`);
  process.send?.({ ready: true });
  await stopped;
  if (process.connected) process.disconnect();
}

main().catch((error: unknown) => {
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = 1;
});
