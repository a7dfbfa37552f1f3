import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objectOf } from '../kit/api.ts';
import { DESKTOP, PHONE, TestBrowser, type WatchedPage } from '../kit/browser.ts';
import { TestServer } from '../kit/server.ts';

const SLOW = { timeout: 120_000 };
const SCREENSHOTS = process.env['WAPING_SCREENSHOTS'];

let server: TestServer;
let browser: TestBrowser;

beforeAll(async () => {
  [server, browser] = await Promise.all([TestServer.start(), TestBrowser.start()]);
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** What no page of ours may do. */
async function expectClean({ page, problems, foreign }: WatchedPage): Promise<void> {
  expect(problems).toEqual([]);
  expect(foreign).toEqual([]);
  const sideways = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(sideways).toBeLessThanOrEqual(0);
  const outside: unknown = await page.evaluate(
    "[...document.querySelectorAll('a[href]')].filter((a) => a.offsetParent && a.origin !== location.origin).map((a) => a.href)",
  );
  // The client explains the status of a reply by a link to the encyclopedia of HTTP: nothing is fetched for it.
  expect([outside].flat().filter((href) => !String(href).startsWith('https://developer.mozilla.org/'))).toEqual([]);
}

async function shoot({ page }: WatchedPage, name: string): Promise<void> {
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}

/** Summaries of the operations, by the tag they stand under. */
async function operationsByTag(): Promise<Map<string, string[]>> {
  const paths = objectOf((await server.api.get('/v1/openapi.json')).body, 'paths');
  const tags = new Map<string, string[]>();
  for (const path of Object.keys(paths)) {
    const methods = objectOf(paths, path);
    for (const method of Object.keys(methods)) {
      const operation = objectOf(methods, method);
      const tag = String([operation['tags']].flat()[0]);
      tags.set(tag, [...(tags.get(tag) ?? []), String(operation['summary'])]);
    }
  }
  return tags;
}

it('aborts and records what a page asks of another host, so that the other tests can be trusted', async () => {
  await using watched = await browser.open(server.url, DESKTOP);
  await watched.page.setContent('<img src="http://192.0.2.1/a.png"><script>console.error("seen")</script>');
  await expect.poll(() => watched.foreign, SLOW).toEqual(['http://192.0.2.1/a.png']);
  await expect.poll(() => watched.problems.some((problem) => problem.includes('seen')), SLOW).toBe(true);
});

describe.each([
  ['desktop', DESKTOP],
  ['phone', PHONE],
])('at %s width', (name, view) => {
  it('shows the first page with a command that fits this server', async () => {
    await using watched = await browser.open(server.url, view);
    const { page } = watched;
    await page.goto(`${server.url}/`);
    await page.getByText(`${server.url}/v1/devices`).waitFor(SLOW);
    await shoot(watched, `home-${name}`);
    await expectClean(watched);
  });

  it('opens an error at its anchor', async () => {
    await using watched = await browser.open(server.url, view);
    const { page } = watched;
    await page.goto(`${server.url}/docs/errors#SERVICE_UNAVAILABLE`);
    await page.locator('dt:target', { hasText: 'SERVICE_UNAVAILABLE' }).waitFor(SLOW);
    expect(
      await page.evaluate(
        "(({ top, bottom }) => top >= 0 && bottom <= innerHeight)(document.querySelector(':target').getBoundingClientRect())",
      ),
    ).toBe(true);
    await shoot(watched, `errors-${name}`);
    await expectClean(watched);
  });

  it('renders an operation of the reference from its link, without any network', async () => {
    await using watched = await browser.open(server.url, view);
    const { page } = watched;
    await page.goto(`${server.url}/docs#tag/messages/POST/v1/messages`);
    await page.getByRole('heading', { name: 'Send a message' }).first().waitFor(SLOW);
    await page.getByText('E.164 number, or the id of a contact, a conversation or a group.').first().waitFor(SLOW);
    await shoot(watched, `operation-${name}`);
    await expectClean(watched);
  });
});

it('lists every operation under its tag', async () => {
  await using watched = await browser.open(server.url, DESKTOP);
  const { page } = watched;
  await page.goto(`${server.url}/docs`);
  for (const [tag, summaries] of await operationsByTag()) {
    // Operations have such words in their names too.
    const group = page.getByRole('navigation').getByRole('button', { name: new RegExp(`^${tag}\\s*Open Group`) });
    await group.click(SLOW);
    // One look at the whole, for each look at a page of this size takes long.
    const missing = async () => {
      const shown = await page.getByRole('navigation').allInnerTexts();
      return summaries.filter((summary) => !shown.some((text) => text.includes(summary)));
    };
    await expect.poll(missing, SLOW).toEqual([]);
  }
  await shoot(watched, 'reference');
  await expectClean(watched);
});

it('shows the schema of a reply and calls the API from the page', async () => {
  await server.api.post('/v1/devices', { label: 'Seen from the page', network: 'sandbox' });
  await using watched = await browser.open(server.url, DESKTOP);
  const { page } = watched;
  await page.goto(`${server.url}/docs`);
  await page.getByPlaceholder('Token').filter({ visible: true }).fill(server.apiKey, SLOW);
  await page.goto(`${server.url}/docs#tag/devices/GET/v1/devices`);
  const operation = page.locator('[id$="tag/devices/GET/v1/devices"]');
  await operation.getByText('Show Schema').click(SLOW);
  await operation.getByText('Whether rows follow this page.').filter({ visible: true }).first().waitFor(SLOW);
  await operation.getByRole('button', { name: 'Test Request' }).click(SLOW);
  const answer = page.waitForResponse((response) => new URL(response.url()).pathname === '/v1/devices', SLOW);
  await page.getByRole('button', { name: 'Send get request' }).click(SLOW);
  expect((await answer).status()).toBe(200);
  await page.getByText('Seen from the page').first().waitFor(SLOW);
  await shoot(watched, 'called');
  await expectClean(watched);
});
