import { type ChildProcess, fork, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '@waping/sandbox';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const readyFile = z.object({
  url: z.string(),
  port: z.number(),
  rootKey: z.string().length(64),
  controlUrl: z.string(),
  controlToken: z.string().min(1),
  mediaHost: z.string(),
  caFile: z.string(),
  pid: z.number(),
});

describe('the sandbox as a process of its own', () => {
  let directory: string;
  let file: string;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sandbox-process-'));
    file = join(directory, 'ready.json');
  });

  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  });

  async function start(...extra: string[]) {
    child = fork(MAIN, ['--port', '0', '--seed', 'process', '--ready-file', file, ...extra], { silent: true });
    await once(child, 'message');
    return { process: child, ready: readyFile.parse(JSON.parse(await readFile(file, 'utf8'))) };
  }

  it('says where it listens in a file only its owner can read', async () => {
    const { ready } = await start('--addressing', 'lid');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(ready.url).toBe(`ws://127.0.0.1:${ready.port}/ws/chat`);
    expect(await readFile(ready.caFile, 'utf8')).toContain('BEGIN CERTIFICATE');
    const info = await new ControlClient(ready).call('info', {});
    expect(info).toMatchObject({ addressing: 'lid', rootKey: ready.rootKey, url: ready.url });
  });

  it('has the same root key again for the same seed', async () => {
    const { process, ready } = await start();
    process.kill('SIGTERM');
    await once(process, 'exit');
    const again = await start();
    expect(again.ready.rootKey).toBe(ready.rootKey);
  });

  it('is found again by who knew it: the same ports, the same trusted certificate', async () => {
    const { process, ready } = await start();
    const ca = await readFile(ready.caFile, 'utf8');
    process.kill('SIGKILL');
    await once(process, 'exit');
    const mediaPort = ready.mediaHost.split(':')[1] ?? '';
    const again = await start('--port', String(ready.port), '--media-port', mediaPort);
    expect(again.ready).toMatchObject({ url: ready.url, mediaHost: ready.mediaHost, caFile: ready.caFile });
    expect(await readFile(again.ready.caFile, 'utf8')).toBe(ca);
  });

  it.each([
    ['nothing', ''],
    ['half a file', '{'],
    ['something else', '{"caPem":"x"}'],
    ['no certificates', JSON.stringify({ caPem: PEM, certPem: PEM, keyPem: PEM })],
  ])('makes new certificates where it kept %s', async (_what, kept) => {
    await writeFile(join(directory, 'sandbox-media-host.json'), kept);
    const { ready } = await start();
    expect(new X509Certificate(await readFile(ready.caFile)).ca).toBe(true);
  });

  it('prints nothing secret', async () => {
    const { process, ready } = await start('--control-token', 'do-not-print-me');
    let printed = '';
    process.stdout?.on('data', (data) => (printed += String(data)));
    process.stderr?.on('data', (data) => (printed += String(data)));
    await new ControlClient(ready).call('accounts.create', { number: '+15555000001' });
    process.kill('SIGTERM');
    await once(process, 'exit');
    expect(printed).toBe('');
  });

  it('ends cleanly on SIGTERM', async () => {
    const { process } = await start('--state', join(directory, 'state.json'));
    process.kill('SIGTERM');
    expect(await once(process, 'exit')).toEqual([0, null]);
    expect((await stat(join(directory, 'state.json'))).mode & 0o777).toBe(0o600);
  });

  it('ends when the process that forked it is gone', async () => {
    const { process } = await start();
    process.disconnect();
    expect(await once(process, 'exit')).toEqual([0, null]);
  });

  it.each([
    [['--port', 'many'], /--port/],
    [['--media-port', '70000'], /--media-port/],
    [['--addressing', 'both'], /--addressing/],
    [['--nonsense'], /nonsense/],
  ])('refuses %j with a reason', async (flags, reason) => {
    child = spawn(process.execPath, [MAIN, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
    let printed = '';
    child.stderr?.on('data', (data) => (printed += String(data)));
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    expect(printed).toMatch(reason);
  });
});
