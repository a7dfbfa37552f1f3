import { type ApiClient, type Json, objectOf, rowsOf, upload } from '../kit/api.ts';
import type { Ids } from '../kit/example-input.ts';
import { PIXEL } from '../kit/media.ts';
import { signedIn } from '../kit/person.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import type { TestServer } from '../kit/server.ts';
import { CUSTOMER, SHOP } from './isolation-bodies.ts';

/** What a workspace has by its key alone: an id for each parameter a path can hold. */
type Things = Record<
  | 'deviceId'
  | 'messageId'
  | 'conversationId'
  | 'contactId'
  | 'phone'
  | 'person'
  | 'keyId'
  | 'groupId'
  | 'mediaId'
  | 'templateId'
  | 'webhookId'
  | 'whatsappId',
  string
>;

/** And what takes a person, or time. */
export type Belongings = Things & Record<'personId' | 'sessionId' | 'invitationId' | 'jobId' | 'callId', string>;

/** A linked device of the shop with a chat, a group, a file, a template, a webhook and a key. The template waits for a picture. */
export async function thingsOf(api: ApiClient, shop: string, customer: string): Promise<Things> {
  const key = await expectOk(api.post('/v1/keys', { name: 'Theirs', scopes: ['devices:read'] }));
  const deviceId = await linkSandboxDevice(api, shop);
  await expectOk(api.post('/v1/sandbox/phones', { phone: customer, autoRead: true }));
  const body = { deviceId, to: customer, type: 'text', text: { body: 'Private' } };
  const message = await expectOk(api.post('/v1/messages', body, { 'idempotency-key': 'shared' }));
  await api.until(`/v1/messages/${message['id']}`, (m) => m['status'] === 'read');
  const group = await expectOk(api.post('/v1/groups', { deviceId, subject: 'Theirs', members: [customer] }));
  const hello = { name: 'hello', language: 'en', type: 'image', image: { caption: 'Hello {{name}}' } };
  const template = await expectOk(api.post('/v1/templates', hello));
  const webhook = await expectOk(api.post('/v1/webhooks', { url: 'https://hooks.example.com/theirs' }));
  const media = await expectOk(upload(api, { file: new File([PIXEL], 'pixel.png') }));
  return {
    deviceId,
    phone: customer,
    person: customer,
    messageId: String(message['id']),
    conversationId: String(message['conversationId']),
    contactId: String(message['contactId']),
    groupId: String(group['id']),
    whatsappId: String(group['whatsappId']),
    templateId: String(template['id']),
    mediaId: String(media['id']),
    keyId: String(key['id']),
    webhookId: String(webhook['id']),
  };
}

export async function furnish({ api, url, owner }: TestServer): Promise<Belongings> {
  const { person, session } = await expectOk((await signedIn(url, owner)).get('/v1/auth/session'));
  const invitation = await expectOk(api.post('/v1/invitations', { email: 'open@example.com', role: 'viewer' }));
  const things = await thingsOf(api, SHOP, CUSTOMER);
  await expectOk(api.post(`/v1/sandbox/phones/${CUSTOMER}/calls`, { to: SHOP }));
  const calls = await api.until('/v1/calls', (body) => rowsOf(body).length > 0);
  const job = await expectOk(api.post(`/v1/contacts/${things.contactId}/export`));
  await api.until(`/v1/jobs/${job['id']}`, (body) => body['state'] === 'succeeded');
  return {
    ...things,
    jobId: String(job['id']),
    callId: String(rowsOf(calls)[0]?.['id']),
    personId: String(objectOf({ person }, 'person')['id']),
    sessionId: String(objectOf({ session }, 'session')['id']),
    invitationId: String(invitation['id']),
  };
}

/** The same ids by their prefix, and the number. */
export function byPrefix(things: Record<string, string>): Ids {
  const ids = Object.values(things).filter((value) => /^[a-z]+_/.test(value));
  return { ...Object.fromEntries(ids.map((id) => [id.slice(0, id.indexOf('_')), id])), phone: things['phone'] ?? '' };
}

/** Devices and what they hear go on by themselves; a batch that is refused item by item was a call all the same. */
const goesOn = ({ type, action }: Json): boolean =>
  /^(device|gap)\./.test(String(type)) || action === 'messages.sendBatch';

/** What lists show now, by their paths with their queries: each row by its id. */
export async function shownBy(api: ApiClient, paths: readonly string[]): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const path of paths) {
    const rows = rowsOf(await expectOk(api.get(path)));
    all[path] = rows.filter((row) => !goesOn(row)).map(({ id, ...rest }) => id ?? rest);
  }
  return all;
}
