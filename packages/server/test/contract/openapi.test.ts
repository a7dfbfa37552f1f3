import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepAt, totpCode } from '../../src/features/members/totp.ts';
import { newId } from '../../src/platform/ids.ts';
import { ApiClient, type Json, objectOf, type Reply, upload } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { PIXEL } from '../kit/media.ts';
import { PASSWORD, PersonClient } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { TestServer } from '../kit/server.ts';
import { SmtpSink } from '../kit/smtp-sink.ts';
import { mismatches, nodes, resolveRef } from './json-schema.ts';
import {
  callDeviceActions,
  callFetchMedia,
  callLogs,
  callMediaOf,
  callSandboxGroups,
  callTemplates,
  callWebhooks,
} from './openapi-calls.ts';
import { callCalls } from './openapi-phone-calls.ts';

const OPERATOR_KEY = 'operator-key-of-the-description-suite-0123456789';

/** Answered beside 200 where a caller asks for a part of a file. */
const PART = '206';

let server: TestServer;
let document: Json;
let smtp: SmtpSink;

beforeAll(async () => {
  smtp = await SmtpSink.start();
  server = await TestServer.start({
    env: { WAPING_SMTP_URL: smtp.url, WAPING_OPERATOR_KEY: OPERATOR_KEY, WAPING_PRIVATE_HOSTS: '127.0.0.1' },
  });
  document = (await server.api.get('/v1/openapi.json')).body;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await smtp[Symbol.asyncDispose]();
});

interface Described {
  id: string;
  method: string;
  path: string;
  spec: Json;
}

const items = (value: unknown): Json[] => [value ?? []].flat().map((item) => objectOf({ item }, 'item'));

function operations(): Described[] {
  return Object.entries(objectOf(document, 'paths')).flatMap(([path, methods]) =>
    Object.entries(objectOf({ methods }, 'methods')).map(([method, value]) => {
      const spec = objectOf({ value }, 'value');
      return { id: String(spec['operationId']), method: method.toUpperCase(), path, spec };
    }),
  );
}

/** The media types of a reply, JSON aside. */
const rawTypesOf = (reply: Json) =>
  Object.keys(objectOf(reply, 'content')).filter((type) => type !== 'application/json');

const hasJson = (reply: Json) => 'application/json' in objectOf(reply, 'content');

function schemaOf(content: Json): Json {
  const types = objectOf(content, 'content');
  return objectOf(objectOf(types, 'application/json' in types ? 'application/json' : 'multipart/form-data'), 'schema');
}

function parametersOf({ spec }: Described): Json[] {
  return items(spec['parameters']).map((p) =>
    typeof p['$ref'] === 'string' ? (resolveRef(document, p['$ref']) ?? {}) : p,
  );
}

describe('the description', () => {
  it('says that it is OpenAPI 3.1 and is served with an ETag', async () => {
    expect(document['openapi']).toMatch(/^3\.1\.\d+$/);
    const reply = await server.api.get('/v1/openapi.json');
    const etag = reply.headers.get('etag') ?? '';
    expect((await server.api.call('GET', '/v1/openapi.json', undefined, { 'if-none-match': etag })).status).toBe(304);
  });

  it('has no reference that leads nowhere', () => {
    const refs = [...nodes(document, '$')].flatMap(([path, node]) =>
      typeof node['$ref'] === 'string' ? [[path, node['$ref']] as const] : [],
    );
    expect(refs.length).toBeGreaterThan(100);
    expect(refs.filter(([, ref]) => resolveRef(document, ref) === undefined)).toEqual([]);
  });

  it('uses every component it names', () => {
    const text = JSON.stringify(document);
    for (const kind of ['schemas', 'parameters', 'headers'])
      for (const name of Object.keys(objectOf(objectOf(document, 'components'), kind)))
        expect(text).toContain(`"#/components/${kind}/${name}"`);
  });

  it('gives every operation an id of its own, a summary, a described tag and replies', () => {
    const ids = operations().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = new Map(items(document['tags']).map((tag) => [tag['name'], tag['description']]));
    for (const { id, spec } of operations()) {
      expect(id).toMatch(/^[a-z]+\.[a-zA-Z]+$/);
      expect(spec['summary'], id).toMatch(/\w/);
      expect([spec['tags']].flat(), id).toHaveLength(1);
      expect(tags.get([spec['tags']].flat()[0]), id).toMatch(/\w/);
      expect(
        Object.keys(objectOf(spec, 'responses')).filter((status) => status.startsWith('2') && status !== PART),
        id,
      ).toHaveLength(1);
    }
  });

  it('names in `parameters` exactly what a path holds, and describes each', () => {
    for (const operation of operations()) {
      const parameters = parametersOf(operation);
      const inPath = parameters.filter((p) => p['in'] === 'path').map((p) => p['name']);
      expect(inPath, operation.id).toEqual([...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      for (const parameter of parameters) {
        expect(parameter['description'], `${operation.id} ${parameter['name']}`).toMatch(/\w/);
        expect(objectOf(parameter, 'schema')['type'], `${operation.id} ${parameter['name']}`).toBeDefined();
      }
    }
  });

  it('describes every field of every body, in and out', () => {
    const bare: string[] = [];
    for (const [path, node] of nodes(objectOf(document, 'components')['schemas'], '$')) {
      const properties = path.endsWith('.properties') ? node : {};
      for (const [name, value] of Object.entries(properties)) {
        const field = objectOf({ value }, 'value');
        const choices = items(field['anyOf']);
        if (![field, ...choices].some((f) => f['description'] ?? f['examples'] ?? f['$ref']))
          bare.push(`${path}.${name}`);
      }
    }
    expect(bare).toEqual([]);
  });

  it('names every body, so that none is written out twice and code can be generated', () => {
    for (const { id, spec } of operations()) {
      const body = objectOf(spec, 'requestBody');
      if (spec['requestBody']) expect(schemaOf(body)['$ref'], id).toMatch(/^#\/components\/schemas\//);
      for (const [status, reply] of Object.entries(objectOf(spec, 'responses'))) {
        if (['204', PART, '304', '416'].includes(status)) continue;
        const raw = rawTypesOf(objectOf({ reply }, 'reply'));
        if (raw.length > 0 && !hasJson(objectOf({ reply }, 'reply'))) continue;
        const ref = schemaOf(objectOf({ reply }, 'reply'))['$ref'];
        if (status.startsWith('2')) expect(ref, id).toMatch(/^#\/components\/schemas\//);
        else expect(ref, id).toBe('#/components/schemas/Error');
      }
    }
  });

  it('closes what callers send and leaves what they get open to new fields', () => {
    for (const { id, spec } of operations()) {
      const ref = schemaOf(objectOf(spec, 'requestBody'))['$ref'];
      if (typeof ref === 'string') expect(resolveRef(document, ref)?.['additionalProperties'], id).toBe(false);
    }
    expect(resolveRef(document, '#/components/schemas/Message')).not.toHaveProperty('additionalProperties');
  });

  it('holds examples that its own schemas accept', () => {
    for (const [path, node] of nodes(objectOf(document, 'components')['schemas'], '$'))
      for (const example of [node['examples'] ?? []].flat())
        if (!path.endsWith('.properties')) expect(mismatches(document, node, example), path).toEqual([]);
  });
});

const SHOP = '+15550001000';
const FRIEND = '+15550002000';

/** Calls operations by their ids and holds each reply against its description. */
class DescribedApi {
  readonly seen = new Set<string>();
  /** Who calls when it is not the server's own key. */
  as: ApiClient | null = null;

  async call(id: string, path: Record<string, string> = {}, body?: unknown, query = ''): Promise<Json> {
    const operation = operations().find((candidate) => candidate.id === id);
    if (!operation) throw new Error(`${id} is not described`);
    const url = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => path[name] ?? '');
    const isOperator = JSON.stringify(operation.spec['security'] ?? '').includes('operatorKey');
    const client = isOperator ? new ApiClient(server.url, OPERATOR_KEY) : (this.as ?? server.api);
    const reply = await client.call(operation.method, `${url}${query}`, body);
    this.check(operation, reply);
    this.seen.add(id);
    return reply.body;
  }

  check({ id, spec }: Described, reply: Reply): void {
    const described = objectOf(objectOf(spec, 'responses'), String(reply.status));
    expect(described['description'], `${id} answered ${reply.status}: ${JSON.stringify(reply.body)}`).toBeDefined();
    expect(reply.status, `${id}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
    const type = reply.headers.get('content-type')?.split(';')[0];
    if (type !== undefined && type !== 'application/json') {
      const types = rawTypesOf(described);
      expect(types.includes(type) || types.includes('*/*'), `${id} ${type}`).toBe(true);
    } else if (reply.status !== 204) expect(mismatches(document, schemaOf(described), reply.body), id).toEqual([]);
    for (const name of Object.keys(objectOf(described, 'headers')))
      if (name !== 'Idempotency-Replayed') expect(reply.headers.get(name), `${id} ${name}`).not.toBeNull();
  }
}

async function callMembers(api: DescribedApi): Promise<void> {
  const guest = { email: 'guest@example.com', role: 'viewer' };
  const first = await api.call('members.invite', {}, guest);
  await api.call('invitations.list');
  await api.call('invitations.revoke', { invitationId: String(first['id']) });
  const token = String((await api.call('members.invite', {}, guest))['link']).split('#')[1];
  api.as = new PersonClient(server.url);
  const joined = await api.call('auth.acceptInvitation', {}, { token, password: PASSWORD, name: 'Guest' });
  api.as = null;
  const personId = String(objectOf(joined, 'person')['id']);
  await api.call('members.list');
  await api.call('members.changeRole', { personId }, { role: 'agent' });
  await api.call('sessions.list');
  await api.call('sessions.revoke', { sessionId: String(objectOf(joined, 'session')['id']) });
  await api.call('members.remove', { personId });
}

async function callKeys(api: DescribedApi): Promise<void> {
  const rights = { scopes: ['messages:send', 'events:*'], allowedIps: ['127.0.0.0/8', '::1'] };
  const made = await api.call('keys.create', {}, { name: 'Shop', ...rights, expiresAt: '2099-01-01T00:00:00Z' });
  const key = { keyId: String(made['id']) };
  await api.call('keys.update', key, { name: 'Store', expiresAt: null });
  await api.call('keys.rotate', key, { overlapSeconds: 60 });
  await api.call('keys.endRotation', key, { keep: 'old' });
  await api.call('keys.get', key);
  await api.call('keys.revoke', key);
  await api.call('keys.list');
  await api.call('me.get');
}

async function callAuth(api: DescribedApi): Promise<void> {
  const { email, password } = server.owner;
  api.as = new PersonClient(server.url);
  await api.call('auth.signIn', {}, { email, password });
  const { workspaceId } = await api.call('auth.session');
  await api.call('auth.switchWorkspace', {}, { workspaceId });
  const { secret } = await api.call('auth.startSecondFactor', {}, { password });
  const code = totpCode(String(secret), stepAt(new Date()));
  const { recoveryCodes } = await api.call('auth.confirmSecondFactor', {}, { code });
  const [recovery] = [recoveryCodes].flat();
  const renewed = await api.call('auth.renewRecoveryCodes', {}, { password, code: recovery });
  const [fresh] = [renewed['recoveryCodes']].flat();
  await api.call('auth.stopSecondFactor', {}, { password, code: fresh });
  await api.call('auth.changePassword', {}, { password, newPassword: PASSWORD });
  await api.call('auth.signOut');
  await api.call('auth.requestReset', {}, { email });
  await expect.poll(() => smtp.mailsTo(email).length, { timeout: 30_000 }).toBe(1);
  const token = /reset#([\w-]+)/.exec(smtp.mailsTo(email)[0] ?? '')?.[1];
  await api.call('auth.resetPassword', {}, { token, newPassword: password });
  api.as = null;
}

/** A job that still waits can be canceled; one the server was quicker to begin is left to end. */
async function callJobs(api: DescribedApi, contactId: string): Promise<void> {
  const cancel = operations().find(({ id }) => id === 'jobs.cancel');
  for (let canceled = false; !canceled; ) {
    const { id } = await api.call('workspace.export');
    const reply = await server.api.post(`/v1/jobs/${id}/cancel`);
    canceled = reply.status === 200;
    if (canceled && cancel) api.check(cancel, reply);
  }
  api.seen.add('jobs.cancel');
  const jobId = String((await api.call('contacts.export', { contactId }))['id']);
  await server.api.until(`/v1/jobs/${jobId}`, (body) => body['state'] === 'succeeded');
  await api.call('jobs.get', { jobId });
  await api.call('jobs.list');
  await api.call('jobs.result', { jobId });
  await api.call('contacts.erase', { contactId });
  await api.call('workspace.get');
  await api.call('workspace.update', {}, { retention: { eventsDays: 90 } });
}

async function callMedia(api: DescribedApi): Promise<void> {
  const described = operations().find(({ id }) => id === 'media.upload');
  if (!described) throw new Error('media.upload is not described');
  const reply = await upload(server.api, { file: new File([PIXEL], 'pixel.png') });
  api.check(described, reply);
  api.seen.add('media.upload');
  await callMediaOf(api, { mediaId: String(reply.body['id']) });
}

async function tryLink(deviceId: string): Promise<number> {
  return (await server.api.post(`/v1/devices/${deviceId}/link`, { method: 'qr' })).status;
}

it('every operation answers what it is described to answer', async () => {
  const api = new DescribedApi();
  for (const phone of [SHOP, FRIEND]) await api.call('sandbox.createPhone', {}, { phone, autoRead: true });
  const phone = { phone: SHOP };
  await api.call('sandbox.getPhone', phone);
  await api.call('sandbox.listPhones');
  const device = { deviceId: String((await api.call('devices.create', {}, { label: 'A', network: 'sandbox' }))['id']) };
  await api.call('devices.link', device, { method: 'code', phone: SHOP });
  const code = (await api.call('devices.getLink', device))['code'];
  await api.call('sandbox.typeCode', phone, { code });
  await server.api.until(`/v1/devices/${device.deviceId}`, (body) => body['state'] === 'connected');
  await api.call('devices.unlink', device);
  await expect.poll(() => tryLink(device.deviceId), { timeout: 60_000 }).toBe(202);
  await api.call('devices.link', device, { method: 'qr' });
  const { qr } = await api.call('devices.qr', device);
  await api.call('sandbox.scan', phone, { qr });
  await server.api.until(`/v1/devices/${device.deviceId}`, (body) => body['state'] === 'connected');
  await api.call('devices.get', device);
  await api.call('devices.list');
  await api.call('devices.update', device, { label: 'B', pacing: null });
  await api.call('devices.health', device);
  await api.call('devices.linkEvents', device);
  await api.call('devices.createLinkPage', device, {});
  await api.call('devices.getLinkPage', device);
  await api.call('devices.revokeLinkPage', device);
  const send = { ...device, to: FRIEND, type: 'text', text: { body: 'Hello' }, metadata: { a: 'b' } };
  const message = { messageId: String((await api.call('messages.send', {}, send))['id']) };
  await server.api.until(`/v1/messages/${message.messageId}`, (body) => body['status'] === 'read');
  await api.call('messages.get', message);
  await api.call('messages.timeline', message);
  await server.api.until('/v1/messages/search?q=hello', (body) => items(body['data']).length > 0);
  await api.call('messages.search', {}, undefined, '?q=hello');
  await api.call('messages.forward', message, { to: FRIEND });
  await api.call('messages.edit', message, { text: { body: 'Hello again' } });
  await api.call('messages.revoke', message);
  const later = { ...send, priority: 'bulk', sendAt: new Date(Date.now() + 3_600_000).toISOString() };
  const batch = await api.call('messages.sendBatch', {}, { messages: [later, { ...later, to: newId('con') }] });
  await api.call('messages.cancel', { messageId: String(items(batch['data'])[0]?.['id']) });
  await api.call('sandbox.setOnline', { phone: FRIEND }, { online: true });
  await api.call('sandbox.setFaults', { phone: FRIEND }, { nack: 479 });
  await api.call('sandbox.getFaults', { phone: FRIEND });
  await api.call('sandbox.setFaults', { phone: FRIEND }, {});
  await api.call('sandbox.disrupt', { phone: FRIEND }, { kind: 'drop' });
  await api.call('sandbox.sendFromPhone', { phone: FRIEND }, { to: SHOP, text: 'Hi' });
  await server.api.until('/v1/messages?direction=inbound', (body) => [body['data']].flat().length > 0);
  const inbound = await api.call('messages.list', {}, undefined, '?direction=inbound');
  const shown = await api.call('sandbox.listMessages', { phone: FRIEND });
  await api.call(
    'sandbox.read',
    { phone: FRIEND },
    { id: items(shown['data']).find((m) => m['own'] === false)?.['id'] },
  );
  await callFetchMedia(api, server.api, { from: FRIEND, to: SHOP });
  await callTemplates(api, send);
  await callWebhooks(api, server.api);
  await callSandboxGroups(api, FRIEND, SHOP);
  const refused = { ...send, to: '+999000000004' };
  const bad = await expectOk(server.api.post('/v1/messages', refused));
  await server.api.until(`/v1/messages/${bad['id']}`, (body) => body['status'] === 'failed');
  await api.call('messages.list');
  const conversations = await api.call('conversations.list');
  await api.call('conversations.get', { conversationId: String(items(conversations['data'])[0]?.['id']) });
  const contacts = await api.call('contacts.list');
  await api.call('contacts.get', { contactId: String(items(contacts['data'])[0]?.['id']) });
  await callDeviceActions(api, device, { received: items(inbound['data'])[0] ?? {}, friend: FRIEND });
  await callCalls(api, server.api, { from: FRIEND, to: SHOP });
  const contact = { contactId: String(items(contacts['data'])[0]?.['id']) };
  await api.call('contacts.optOut', contact);
  await api.call('contacts.optIn', contact);
  await callJobs(api, String(items(contacts['data'])[0]?.['id']));
  await callMedia(api);
  await callMembers(api);
  await callKeys(api);
  await callAuth(api);
  await callLogs(api);
  await api.call('usage.get');
  const made = await api.call('workspaces.create', {}, { name: 'Second', overrides: { devices: 2 } });
  const workspace = { workspaceId: String(made['id']) };
  await api.call('workspaces.update', workspace, { plan: 'growth', suspended: true });
  await api.call('workspaces.get', workspace);
  await api.call('workspaces.list');
  await api.call('sinks.list');
  await api.call('devices.restart', device);
  await api.call('devices.delete', device);
  expect(
    operations()
      .map(({ id }) => id)
      // It ends the workspace: the last test calls it.
      .filter((id) => !api.seen.has(id) && id !== 'workspace.erase'),
  ).toEqual([]);
});

it('every event that all of this has written is as its type is described', async () => {
  const { body } = await server.api.get('/v1/events?limit=100');
  expect(new Set(items(body['data']).map((event) => event['type'])).size).toBeGreaterThan(8);
  expect(await misfitsIn(server.api)).toEqual([]);
});

it('erasing the workspace answers what it is described to answer', async () => {
  const api = new DescribedApi();
  const owner = new PersonClient(server.url);
  api.as = owner;
  await api.call('auth.signIn', {}, server.owner);
  const { name } = await api.call('workspace.get');
  await api.call('workspace.erase', {}, { confirm: name });
  await expect.poll(async () => (await owner.get('/v1/workspace')).status, { timeout: 60_000 }).toBe(401);
});
