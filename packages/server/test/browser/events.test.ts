import { afterAll, beforeAll, expect, it } from 'vitest';
import { rowsOf } from '../kit/api.ts';
import { DESKTOP, TestBrowser } from '../kit/browser.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SLOW = { timeout: 60_000 };
/** EventSource.CLOSED: the browser has given up. */
const CLOSED = 2;

let first: TestServer;
let browser: TestBrowser;

beforeAll(async () => {
  const env = { WAPING_SANDBOX: 'off' };
  [first, browser] = await Promise.all([TestServer.start({ env }), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
});

const FOLLOW = (address: string) => `
  globalThis.seen = [];
  globalThis.source = new EventSource(${JSON.stringify(address)});
  new Promise((resolve) => { source.onopen = () => resolve(true); source.onmessage = ({ data }) => seen.push(JSON.parse(data)); })`;

it('a browser follows events with its session, over a restart too, and gives up when it is signed out', async () => {
  await using watched = await browser.open(first.url, DESKTOP);
  const { page } = watched;
  await page.goto(`${first.url}/docs`);
  const headers = { 'content-type': 'application/json', 'x-waping-csrf': '1' };
  const signIn = { method: 'POST', headers, body: JSON.stringify(first.owner) };
  const signedIn = `fetch('/v1/auth/sign-in', ${JSON.stringify(signIn)}).then(({ status }) => status)`;
  expect(await page.evaluate(signedIn)).toBe(200);
  expect(await page.evaluate(FOLLOW('/v1/events/stream?types=device.*'))).toBe(true);
  const seen = async (): Promise<unknown> => page.evaluate('seen.map(({ id }) => id)');
  const make = (server: TestServer) => expectOk(server.api.post('/v1/devices', { label: 'One', network: 'sandbox' }));
  const stored = async (server: TestServer) =>
    rowsOf(await expectOk(server.api.get('/v1/events?types=device.*&limit=100'))).map(({ id }) => id);
  for (let n = 0; n < 3; n += 1) await make(first);
  await expect.poll(seen, SLOW).toEqual(await stored(first));
  await first.stop();
  await using second = await first.again({ WAPING_PORT: new URL(first.url).port });
  for (let n = 0; n < 3; n += 1) await make(second);
  const all = await stored(second);
  expect(all).toHaveLength(6);
  await expect.poll(seen, SLOW).toEqual(all);
  await page.evaluate(`fetch('/v1/auth/sign-out', { method: 'POST', headers: { 'x-waping-csrf': '1' } })`);
  await expect.poll(() => page.evaluate('source.readyState'), SLOW).toBe(CLOSED);
  expect(watched.foreign).toEqual([]);
});

it('a browser without a session follows events with a stream token', async () => {
  await using server = await TestServer.start({ env: { WAPING_SANDBOX: 'off' } });
  await using watched = await browser.open(server.url, DESKTOP);
  await watched.page.goto(`${server.url}/docs`);
  const { url } = await expectOk(server.api.post('/v1/events/stream-tokens', { types: ['device.created'] }));
  expect(await watched.page.evaluate(FOLLOW(String(url)))).toBe(true);
  const made = await expectOk(server.api.post('/v1/devices', { label: 'One', network: 'sandbox' }));
  await expect.poll(() => watched.page.evaluate('seen.map(({ deviceId }) => deviceId)'), SLOW).toEqual([made['id']]);
  expect(watched.foreign).toEqual([]);
});
