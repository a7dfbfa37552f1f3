import { afterAll, beforeAll, expect, it } from 'vitest';
import { DESKTOP, PHONE, TestBrowser } from '../kit/browser.ts';
import { OTHER_PASSWORD } from '../kit/people.ts';
import { join, PASSWORD, signedIn } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import { SmtpSink } from '../kit/smtp-sink.ts';

const SLOW = { timeout: 60_000 };

let smtp: SmtpSink;
let server: TestServer;
let browser: TestBrowser;

beforeAll(async () => {
  smtp = await SmtpSink.start();
  const env = { WAPING_SMTP_URL: smtp.url, WAPING_SANDBOX: 'off' };
  [server, browser] = await Promise.all([TestServer.start({ env }), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
});

it('an invitation’s link lets a person join, and leaves no secret in the address', async () => {
  const { link } = await expectOk(server.api.post('/v1/invitations', { email: 'ada@example.com', role: 'viewer' }));
  await using watched = await browser.open(server.url, PHONE);
  const { page } = watched;
  await page.goto(String(link));
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('Password').fill(PASSWORD);
  expect(page.url()).toBe(`${server.url}/account/invitation`);
  await page.getByRole('button', { name: 'Join' }).click(SLOW);
  await page.getByText('You have joined').waitFor(SLOW);
  const session: unknown = await page.evaluate("fetch('/v1/auth/session').then((reply) => reply.json())");
  expect(session).toMatchObject({ person: { name: 'Ada' }, role: 'viewer' });
  expect(await page.evaluate('document.cookie')).toBe('');
  const written = `fetch('/v1/auth/sign-out', { method: 'POST', headers: { 'x-waping-csrf': '1' } }).then((r) => r.status)`;
  expect(await page.evaluate(written)).toBe(204);
  expect(watched.problems).toEqual([]);
  expect(watched.foreign).toEqual([]);
});

it('a reset link sets a new password, and says so when it was used', async () => {
  const email = 'grace@example.com';
  await join(server.api, email, 'agent');
  const asker = await signedIn(server.url, { email, password: PASSWORD });
  await asker.post('/v1/auth/reset-requests', { email });
  await expect.poll(() => smtp.mailsTo(email).length, SLOW).toBe(1);
  const link = /http\S+\/account\/reset#[\w-]+/.exec(smtp.mailsTo(email)[0] ?? '')?.[0] ?? '';
  await using watched = await browser.open(server.url, DESKTOP);
  const { page } = watched;
  const submit = async () => {
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByLabel('New password').fill(OTHER_PASSWORD);
    await page.getByRole('button', { name: 'Set the password' }).click(SLOW);
  };
  await submit();
  await page.getByText('Your new password is set').waitFor(SLOW);
  await signedIn(server.url, { email, password: OTHER_PASSWORD });
  expect(watched.problems).toEqual([]);
  await submit();
  await page.getByText('this link was used or has run out').waitFor(SLOW);
  expect(watched.foreign).toEqual([]);
});
