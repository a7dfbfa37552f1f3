import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESKTOP, TestBrowser, type WatchedPage } from '../kit/browser.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

const SLOW = { timeout: 60_000 };
const SMALL_PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const SHOTS = path.join(tmpdir(), 'waping-link-page');

let server: TestServer;
let browser: TestBrowser;
let phones = 0;

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  [server, browser] = await Promise.all([
    TestServer.start({ env: { WAPING_RATE_LIMIT: '1000000' } }),
    TestBrowser.start(),
  ]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

interface Offered {
  deviceId: string;
  url: string;
  phone: string;
}

/** A device that waits to be linked, the page for it, and a phone to link it with. */
async function offer(): Promise<Offered> {
  phones += 1;
  const phone = `+1555200${String(phones).padStart(4, '0')}`;
  await expectOk(server.api.post('/v1/sandbox/phones', { phone }));
  const device = await expectOk(server.api.post('/v1/devices', { label: 'Customer <b>One</b>', network: 'sandbox' }));
  const deviceId = String(device['id']);
  const page = await expectOk(server.api.post(`/v1/devices/${deviceId}/link-page`, {}));
  return { deviceId, url: String(page['url']), phone };
}

const step = (page: WatchedPage['page'], wanted: string) =>
  page.locator(`[role=status][data-step="${wanted}"]`).waitFor(SLOW);
const fits = (page: WatchedPage['page']) =>
  page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

async function scan({ deviceId, phone }: Offered): Promise<void> {
  const qr = await expectOk(server.api.get(`/v1/devices/${deviceId}/qr`));
  await expectOk(server.api.post(`/v1/sandbox/phones/${phone}/scan`, { qr: qr['qr'] }));
}

describe('the hosted link page', () => {
  it('shows a live QR on a desktop and follows the link to its end, with nothing of another host', async () => {
    const offered = await offer();
    await using watched = await browser.open(server.url, DESKTOP);
    const { page } = watched;
    const reply = await page.goto(offered.url);
    expect(reply?.headers()).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    await page.getByAltText('QR code to scan with WhatsApp').waitFor(SLOW);
    await step(page, 'waiting');
    expect(await page.locator('#label').textContent()).toBe('Customer <b>One</b>');
    expect(await fits(page)).toBe(true);
    await page.screenshot({ path: path.join(SHOTS, 'desktop.png') });
    await scan(offered);
    await step(page, 'linked');
    await page.screenshot({ path: path.join(SHOTS, 'desktop-linked.png') });
    const made = await expectOk(server.api.get(`/v1/devices/${offered.deviceId}/link-page`));
    expect(made['status']).toBe('used');
    await page.reload();
    await step(page, 'linked');
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(watched.problems).toEqual([]);
    expect(watched.foreign).toEqual([]);
  });

  it('gives a pairing code on a phone of 360 pixels', async () => {
    const offered = await offer();
    await using watched = await browser.open(server.url, SMALL_PHONE);
    const { page } = watched;
    await page.goto(offered.url);
    await step(page, 'ready');
    expect(await fits(page)).toBe(true);
    await page.screenshot({ path: path.join(SHOTS, 'phone-ready.png') });
    const input = page.getByLabel('Your WhatsApp number');
    await input.fill('12');
    await page.getByRole('button', { name: 'Get a pairing code' }).click(SLOW);
    await page.getByText('must be a number with its country code').waitFor(SLOW);
    await input.fill(`00${offered.phone.slice(1, 2)} ${offered.phone.slice(2)}`);
    await page.getByRole('button', { name: 'Get a pairing code' }).click(SLOW);
    await step(page, 'waiting');
    const code = (await page.locator('.code').textContent()) ?? '';
    expect(code).toMatch(/^[A-Z0-9]{4}-?[A-Z0-9]{4}$/);
    expect(await fits(page)).toBe(true);
    await page.screenshot({ path: path.join(SHOTS, 'phone-code.png') });
    await expectOk(server.api.post(`/v1/sandbox/phones/${offered.phone}/type-code`, { code }));
    await step(page, 'linked');
    // The answer to the number that is none is one the browser tells of on its console.
    expect(watched.problems.filter((text) => !text.includes('400'))).toEqual([]);
    expect(watched.foreign).toEqual([]);
  });

  it('belongs to the first browser that opens it, which a fetch of its address is not', async () => {
    const offered = await offer();
    expect((await fetch(offered.url)).status).toBe(200);
    await using first = await browser.open(server.url, DESKTOP);
    await first.page.goto(offered.url);
    await step(first.page, 'waiting');
    await using second = await browser.open(server.url, DESKTOP);
    await second.page.goto(offered.url);
    await step(second.page, 'taken');
    expect(await second.page.getByAltText('QR code to scan with WhatsApp').isVisible()).toBe(false);
    await second.page.screenshot({ path: path.join(SHOTS, 'taken.png') });
    await scan(offered);
    await step(first.page, 'linked');
  });

  it('ends in an open browser when it is revoked, and says when there is nothing to link', async () => {
    const offered = await offer();
    await using watched = await browser.open(server.url, DESKTOP);
    const { page } = watched;
    await page.goto(offered.url);
    await step(page, 'waiting');
    const { status } = await server.api.call('DELETE', `/v1/devices/${offered.deviceId}/link-page`);
    expect(status).toBe(204);
    await step(page, 'expired');
    const other = await offer();
    await expectOk(server.api.post(`/v1/devices/${other.deviceId}/link`, { method: 'qr' }));
    await scan(other);
    await server.api.until(`/v1/devices/${other.deviceId}`, (body) => body['state'] === 'connected');
    await page.goto(other.url);
    await step(page, 'already_linked');
  });
});
