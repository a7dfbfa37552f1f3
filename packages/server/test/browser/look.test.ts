import { it } from 'vitest';
import { DESKTOP, PHONE, TestBrowser } from '../kit/browser.ts';
import { TestServer } from '../kit/server.ts';

it('looks', async () => {
  await using server = await TestServer.start();
  await using browser = await TestBrowser.start();
  {
    await using w = await browser.open(server.url, { ...DESKTOP, colorScheme: 'light' });
    await w.page.goto(`${server.url}/docs`, { waitUntil: 'load' });
    await w.page.waitForTimeout(5000);
    await w.page.screenshot({ path: `/tmp/br/d1.png` });
    await w.page.getByRole('button', { name: 'Messages' }).first().click().catch((e) => console.log(String(e).slice(0, 300)));
    await w.page.waitForTimeout(1500);
    await w.page.getByText('Send a message').first().click();
    await w.page.waitForTimeout(2500);
    await w.page.screenshot({ path: `/tmp/br/d2.png` });
    console.log(w.page.url());
    console.log(await w.page.evaluate("[...document.querySelectorAll('a[href^=http]')].map(a=>a.href+' '+(a.offsetParent!==null)).join('\\n')"));
    console.log(await w.page.evaluate("[...document.querySelectorAll('button')].map(a=>(a.ariaLabel||a.innerText).slice(0,40)+'|'+(a.offsetParent!==null)).join(' ; ')"));
    console.log(w.problems, w.foreign);
  }
  await using w = await browser.open(server.url, { ...PHONE });
  await w.page.goto(`${server.url}/docs#tag/messages/POST/v1/messages`, { waitUntil: 'load' });
  await w.page.waitForTimeout(6000);
  await w.page.screenshot({ path: `/tmp/br/p2.png` });
  await w.page.goto(`${server.url}/`);
  await w.page.screenshot({ path: `/tmp/br/p1.png` });
});
