import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestServer } from '../kit/server.ts';

const run = promisify(execFile);
const pathOf = (name: string) => fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url));
const EXAMPLE = pathOf('first-message.mjs');

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

it('the example sends, is read and is answered, and may be run again', async () => {
  const env = { PATH: process.env['PATH'] ?? '', WAPING_URL: server.url, WAPING_KEY: server.apiKey };
  for (let time = 1; time <= 2; time++) {
    const { stdout } = await run(process.execPath, [EXAMPLE], { env, timeout: 90_000 });
    expect(stdout).toContain('queued → sending → sent → delivered → read');
    expect(stdout).toContain('+15550002000 answers: Thank you!');
  }
});

it('the example says what is wrong with a key', async () => {
  const env = { PATH: process.env['PATH'] ?? '', WAPING_URL: server.url, WAPING_KEY: 'wap_wrong' };
  const failed = await run(process.execPath, [EXAMPLE], { env, timeout: 90_000 }).catch((error: unknown) => error);
  expect(String(failed)).toContain('/docs/errors#UNAUTHORIZED');
});

it('the example of the client links by events, sends from a template and reads the answer', async () => {
  const env = { PATH: process.env['PATH'] ?? '', WAPING_URL: server.url, WAPING_KEY: server.apiKey };
  for (let time = 1; time <= 2; time++) {
    const { stdout } = await run(process.execPath, [pathOf('typescript-client.mjs')], { env, timeout: 90_000 });
    expect(stdout).toContain('"Hello Ada, your order 12345 is confirmed." went queued → sending → sent');
    expect(stdout).toContain('+15550002000 answers: Thank you!');
  }
});
