import { type ApiClient, type Json, rowsOf } from '../kit/api.ts';
import { outsideFile, PIXEL } from '../kit/media.ts';
import { Receiver } from '../kit/receiver.ts';
import { expectOk } from '../kit/sandbox-device.ts';

/** Who calls operations by their ids, and holds each answer against its description. */
export interface ById {
  call(id: string, path?: Record<string, string>, body?: unknown, query?: string): Promise<Json>;
}

/** Everything that is done with templates; `send` is a text to somebody. */
export async function callTemplates(api: ById, send: Json): Promise<void> {
  const content = { name: 'hello', language: 'en', type: 'text', text: { body: 'Hello {{name}}' } };
  const template = { templateId: String((await api.call('templates.create', {}, content))['id']) };
  await api.call('templates.get', template);
  await api.call('templates.list');
  await api.call('templates.preview', template, { variables: { name: 'Ada' } });
  const use = { name: 'hello', variables: { name: 'Ada' } };
  await api.call('messages.send', {}, { ...send, text: undefined, type: 'template', template: use });
  await api.call('templates.update', template, { name: 'hello_again' });
  await api.call('templates.delete', template);
}

/** Everything that is done with a webhook endpoint; its receiver is on loopback. */
export async function callWebhooks(api: ById, plain: ApiClient): Promise<void> {
  await using receiver = await Receiver.start();
  receiver.echoes = false;
  const made = await api.call('webhooks.create', {}, { url: receiver.url(), headers: { 'X-Shop': 'main' } });
  const webhook = { webhookId: String(made['id']) };
  const path = `/v1/webhooks/${webhook.webhookId}`;
  await plain.until(path, (body) => body['lastError'] !== null);
  receiver.echoes = true;
  await api.call('webhooks.verify', webhook);
  await plain.until(path, (body) => body['state'] === 'active');
  await api.call('webhooks.get', webhook);
  await api.call('webhooks.list');
  await api.call('webhooks.update', webhook, { description: 'Orders', events: ['message.*'], headers: {} });
  await api.call('webhooks.rotateSecret', webhook, { overlapSeconds: 60 });
  const delivery = { ...webhook, deliveryId: String((await api.call('webhooks.test', webhook))['id']) };
  const arrived = (body: Json) => body['state'] === 'delivered';
  await plain.until(`${path}/deliveries/${delivery.deliveryId}`, arrived);
  await api.call('webhooks.replayDelivery', delivery);
  await plain.until(`${path}/deliveries/${delivery.deliveryId}`, arrived);
  await api.call('webhooks.getDelivery', delivery);
  await api.call('webhooks.listDeliveries', webhook);
  await api.call('webhooks.replay', webhook, { failed: true });
  await api.call('webhooks.pause', webhook);
  await api.call('webhooks.resume', webhook, {});
  await api.call('webhooks.delete', webhook);
}

/** What people do with groups on simulated phones; both are phones of the caller's. */
export async function callSandboxGroups(api: ById, owner: string, other: string): Promise<void> {
  const made = await api.call('sandbox.createGroup', {}, { subject: 'Of phones', phones: [owner] });
  const group = { whatsappId: String(made['whatsappId']) };
  await api.call('sandbox.setOnlyByInvite', { phone: other }, { on: true });
  await api.call('sandbox.joinGroup', { phone: other }, { link: made['inviteCode'] });
  await api.call('sandbox.changeGroupMembers', group, { phone: owner, action: 'promote', members: [other] });
  await api.call('sandbox.renameGroup', group, { phone: other, subject: 'Renamed' });
  await api.call('sandbox.getGroup', group);
  await api.call('sandbox.listGroups', { phone: owner });
  await api.call('sandbox.leaveGroup', group, { phone: other });
  await api.call('sandbox.setOnlyByInvite', { phone: other }, { on: false });
  await api.call('sandbox.typing', { phone: owner }, { to: other, state: 'composing' });
}

/** Follows somebody's presence over a connected device, and posts a status for them. */
async function callPresences(api: ById, device: { deviceId: string }, contactId: string): Promise<void> {
  await api.call('devices.subscribePresence', device, { contactId });
  await api.call('devices.listPresences', device);
  await api.call('devices.unsubscribePresence', { ...device, contactId });
  await api.call('messages.postStatus', device, { text: { body: 'Open on Sunday' }, audience: [contactId] });
}

const PICTURE = { base64: PIXEL.toString('base64') };

/** Pictures of the account, of a group it is in, and of a friend's phone. */
async function callPictures(
  api: ById,
  device: { deviceId: string },
  { group, friend }: { group: { groupId: string }; friend: string },
): Promise<void> {
  await api.call('sandbox.setPicture', { phone: friend }, PICTURE);
  await api.call('devices.getPictureOf', { ...device, person: friend });
  for (const [of, path] of [
    ['devices', device],
    ['groups', group],
  ] as const) {
    await api.call(`${of}.setPicture`, path, PICTURE);
    await api.call(`${of}.getPicture`, path);
    await api.call(`${of}.removePicture`, path);
  }
}

/** What a connected device does with a group of its own; `friend` is on WhatsApp. */
async function callGroups(api: ById, device: { deviceId: string }, friend: string): Promise<void> {
  const made = await api.call('groups.create', {}, { ...device, subject: 'Team', members: [friend, '+15550009999'] });
  const group = { groupId: String(made['id']) };
  await api.call('groups.get', group);
  await api.call('groups.list');
  await api.call('groups.update', group, { description: 'What it is for', joinApproval: true });
  await api.call('groups.changeMembers', group, { action: 'promote', members: [friend] });
  await api.call('groups.listJoinRequests', group);
  await api.call('groups.decideJoinRequests', group, { decision: 'reject', members: [friend] });
  await api.call('groups.revokeInvite', group);
  const { link } = await api.call('groups.getInvite', group);
  await api.call('groups.join', {}, { ...device, link });
  await callPictures(api, device, { group, friend });
  await api.call('groups.leave', group);
}

/** Everything that is done with media that is there. */
export async function callMediaOf(api: ById, media: { mediaId: string }): Promise<void> {
  await api.call('media.get', media);
  await api.call('media.list');
  await api.call('media.content', media);
  await api.call('media.createLink', media, { expiresIn: 60 });
  await api.call('media.fetch', {}, { url: await outsideFile() });
  await api.call('media.delete', media);
}

/** Asks for the file of a message; that of a new one is here, or on its way, already. */
export async function callFetchMedia(
  api: ById,
  plain: ApiClient,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const media = { kind: 'image', mimeType: 'image/png', ...PICTURE };
  await expectOk(plain.post(`/v1/sandbox/phones/${from}/messages`, { to, media }));
  const list = await plain.until('/v1/messages?direction=inbound&type=image', (body) => rowsOf(body).length > 0);
  await api.call('messages.fetchMedia', { messageId: String(rowsOf(list)[0]?.['id']) });
}

/** What a connected device does beside sending; `received` is a message it got, `friend` somebody on WhatsApp. */
export async function callDeviceActions(
  api: ById,
  device: { deviceId: string },
  { received, friend }: { received: Json; friend: string },
): Promise<void> {
  const conversation = { conversationId: String(received['conversationId']) };
  const contactId = String(received['contactId']);
  await api.call('messages.read', { messageId: String(received['id']) });
  await api.call('conversations.read', conversation);
  await api.call('conversations.typing', conversation, { state: 'composing' });
  await api.call('devices.setPresence', device, { state: 'available' });
  await callPresences(api, device, contactId);
  await api.call('devices.checkNumbers', device, { phones: [friend, '+15550009999'] });
  await api.call('devices.updateProfile', device, { about: 'Open 9 to 5' });
  await api.call('devices.getProfile', device);
  await api.call('devices.block', device, { contactId });
  await api.call('devices.listBlocked', device);
  await api.call('devices.unblock', { ...device, contactId });
  await callGroups(api, device, friend);
}

/** Everything that reads what was recorded: the events, and the audit trail. */
export async function callLogs(api: ById): Promise<void> {
  await api.call('events.list', {}, undefined, '?limit=100');
  await api.call('events.stream', {}, undefined, '?after=0&follow=false');
  await api.call('events.createStreamToken', {}, { types: ['message.*'] });
  await api.call('audit.list', {}, undefined, '?limit=100');
  for (const format of ['csv', 'jsonl']) await api.call('audit.export', {}, undefined, `?format=${format}`);
}
