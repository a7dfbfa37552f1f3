import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorOf, rowsOf } from '../kit/api.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';

let server: TestServer;
let number = 0;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

async function phone(more: object = {}): Promise<string> {
  number += 1;
  const made = `+1555000${1_000 + number}`;
  await expectOk(server.api.post('/v1/sandbox/phones', { phone: made, ...more }));
  return made;
}

async function linking(body: object): Promise<string> {
  const { id } = await expectOk(server.api.post('/v1/devices', { label: 'A', network: 'sandbox' }));
  await expectOk(server.api.post(`/v1/devices/${id}/link`, body));
  return String(id);
}

it('two phones that answer everything do not answer each other for ever', async () => {
  const [one, two] = [await phone({ autoReply: '{text} {text}' }), await phone({ autoReply: 'Thanks: {text}' })];
  await expectOk(server.api.post(`/v1/sandbox/phones/${one}/messages`, { to: two, text: 'Hi' }));
  const texts = async () =>
    rowsOf(await expectOk(server.api.get(`/v1/sandbox/phones/${one}/messages`))).map(({ text }) => text);
  await expect.poll(texts).toContain('Thanks: Hi');
  expect((await texts()).filter((text) => String(text).includes('Thanks'))).toEqual(['Thanks: Hi']);
});

it('a wrong pairing code answers 409, and the right one links the device still', async () => {
  const shop = await phone();
  const device = await linking({ method: 'code', phone: shop });
  const { code } = await expectOk(server.api.get(`/v1/devices/${device}/link`));
  const reply = await server.api.post(`/v1/sandbox/phones/${shop}/type-code`, { code: 'ABCD-1234' });
  expect([reply.status, errorOf(reply)['code'], errorOf(reply)['message']]).toEqual([
    409,
    'CONFLICT',
    'this is not the code that the device shows',
  ]);
  await expectOk(server.api.post(`/v1/sandbox/phones/${shop}/type-code`, { code }));
  await server.api.until(`/v1/devices/${device}`, (body) => body['state'] === 'connected');
});

it.each(['no QR at all', '2@ref,AAAA,AAAA,AAAA', 'https://wa.me/settings/linked_devices#a,b,c,d'])(
  'a QR code that is none, %s, answers 400',
  async (qr) => {
    const reply = await server.api.post(`/v1/sandbox/phones/${await phone()}/scan`, { qr });
    expect([reply.status, errorOf(reply)['code']]).toEqual([400, 'VALIDATION_ERROR']);
  },
);
