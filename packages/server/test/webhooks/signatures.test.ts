import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { verifyWebhook, WebhookVerificationError } from '../../../client/src/verify-webhook.ts';
import { mintSigningSecret, signatureHeaders } from '../../src/features/webhooks/signature.ts';
import { describeEachDb } from '../kit/db.ts';
import { hookScene } from '../kit/hook-scene.ts';
import type { Received } from '../kit/receiver.ts';

type Headers = Record<string, string>;

const headersOf = ({ headers }: Received): Headers =>
  Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(headers[name])]),
  );

/** Whether both verifiers take it: the public library and our own. They must never differ. */
async function verdict(body: string, headers: Headers, secret: string): Promise<boolean> {
  let theirs = true;
  try {
    new Webhook(secret).verify(body, headers);
  } catch {
    theirs = false;
  }
  const ours = await verifyWebhook({ body, headers, secret }).then(
    () => true,
    (error: unknown) => {
      expect(error).toBeInstanceOf(WebhookVerificationError);
      return false;
    },
  );
  expect(ours).toBe(theirs);
  return ours;
}

/** The headers of something signed by us at another time. */
function signedAt(seconds: number, secret: string, body: string): Headers {
  const at = new Date(Date.now() + seconds * 1_000);
  return signatureHeaders([secret], { id: 'evt_test', at, body: Buffer.from(body) });
}

it('a signature of ours is taken, and nothing that was changed', async () => {
  const secret = mintSigningSecret();
  const body = '{"text":"Grüße 👋"}';
  const headers = signedAt(0, secret, body);
  expect(await verdict(body, headers, secret)).toBe(true);
  expect(await verdict(`${body} `, headers, secret)).toBe(false);
  expect(await verdict(body, { ...headers, 'webhook-id': 'evt_other' }, secret)).toBe(false);
  expect(await verdict(body, headers, mintSigningSecret())).toBe(false);
  const other = String(Number(headers['webhook-timestamp']) + 1);
  expect(await verdict(body, { ...headers, 'webhook-timestamp': other }, secret)).toBe(false);
});

it('one that is more than five minutes old, or from the future, is refused', async () => {
  const secret = mintSigningSecret();
  for (const seconds of [-290, 290]) expect(await verdict('{}', signedAt(seconds, secret, '{}'), secret)).toBe(true);
  for (const seconds of [-310, 310]) expect(await verdict('{}', signedAt(seconds, secret, '{}'), secret)).toBe(false);
});

it('headers that are missing, or nonsense, are refused', async () => {
  const secret = mintSigningSecret();
  const headers = signedAt(0, secret, '{}');
  for (const name of Object.keys(headers)) {
    const { [name]: _left, ...rest } = headers;
    expect(await verdict('{}', rest, secret)).toBe(false);
  }
  for (const signature of ['', 'v1', 'v1,', 'v1,AAAA', `v2,${headers['webhook-signature']?.slice(3)}`, 'nonsense'])
    expect(await verdict('{}', { ...headers, 'webhook-signature': signature }, secret)).toBe(false);
  expect(await verdict('{}', { ...headers, 'webhook-timestamp': 'soon' }, secret)).toBe(false);
});

describeEachDb('what is sent', (database) => {
  const scene = hookScene(database);

  it('is signed with the secret of its endpoint, and the challenge too', async () => {
    const { secret } = await scene.world.hook(scene.receiver.url('/signed'), { verified: false });
    await scene.world.tell(2);
    await using _node = scene.world.node();
    const got = await scene.receiver.until('/signed', 2);
    expect(scene.receiver.challenges).toHaveLength(1);
    for (const one of [...scene.receiver.challenges, ...got])
      expect(await verdict(one.body, headersOf(one), secret)).toBe(true);
    const [first] = got;
    if (!first) throw new Error('nothing came');
    expect(await verdict(first.body, headersOf(first), mintSigningSecret())).toBe(false);
    const event = await verifyWebhook({ body: first.body, headers: headersOf(first), secret });
    expect(event).toMatchObject({ type: 'test.happened', data: { n: 0 } });
  });

  it('carries two signatures during the overlap of a rotation, and one after it', async () => {
    const { id, secret: old } = await scene.world.hook(scene.receiver.url('/rotated'));
    const fresh = await scene.world.rotate(id, 60_000);
    await scene.world.tell(1);
    await using node = scene.world.node();
    const [both] = await scene.receiver.until('/rotated', 1);
    if (!both) throw new Error('nothing came');
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const secret of [old, fresh]) expect(await verdict(both.body, headersOf(both), secret)).toBe(true);
    scene.world.pass(61_000);
    await scene.world.tell(1);
    node.wake();
    const [, one] = await scene.receiver.until('/rotated', 2);
    if (!one) throw new Error('nothing came');
    expect(await verdict(one.body, headersOf(one), fresh)).toBe(true);
    expect(await verdict(one.body, headersOf(one), old)).toBe(false);
  });
});
