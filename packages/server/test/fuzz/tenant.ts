import { ApiClient, type Json, rowsOf } from '../kit/api.ts';
import { join, PersonClient } from '../kit/person.ts';
import { expectOk, linkSandboxDevice } from '../kit/sandbox-device.ts';
import { Memory } from './memory.ts';
import { markerOf } from './ownership.ts';
import { asJson, type Description } from './spec.ts';

/** No device of the real network: nothing here may try to reach it. */
export const SANDBOX_ONLY = { devices: 0 };

const ROLES = ['admin', 'agent', 'viewer'] as const;
const DEVICES = 3;

/** A furnished workspace. Whatever is planted in it carries its marker, which no other workspace may ever see. */
export class Tenant {
  readonly name: string;
  readonly marker: string;
  readonly id: string;
  readonly key: string;
  readonly memory: Memory;
  readonly people = new Map<string, PersonClient>();
  readonly phones: string[] = [];
  /** The device linked last. */
  connected: string | undefined;
  readonly #api: ApiClient;
  readonly #prefix: string;
  #made = 0;

  private constructor(parts: { name: string; number: number; id: string; api: ApiClient }) {
    this.name = parts.name;
    this.marker = markerOf(parts.name);
    this.id = parts.id;
    this.key = parts.api.key;
    this.memory = new Memory(this.marker);
    this.#api = parts.api;
    this.#prefix = `+1555${String(parts.number).padStart(3, '0')}`;
  }

  /** A new workspace with people, devices, one of them linked, messages both ways, and an open invitation. */
  static async create(operator: ApiClient, number: number, description: Description): Promise<Tenant> {
    const name = `t${number}`;
    const body = { name: `Shop ${markerOf(name)}`, plan: 'enterprise', overrides: SANDBOX_ONLY };
    const made = await expectOk(operator.post('/v1/operator/workspaces', body));
    const api = new ApiClient(operator.url, String(made['apiKey']));
    const tenant = new Tenant({ name, number, id: String(made['id']), api });
    await tenant.refurnish();
    const email = `open.${tenant.marker}@example.com`;
    await expectOk(api.post('/v1/invitations', { email, role: 'viewer' }));
    await tenant.#learnLists(description);
    return tenant;
  }

  /** Puts back what the run has used up. False when the workspace itself is gone or closed. */
  async refurnish(): Promise<boolean> {
    return this.#furnish().catch((error: unknown) => {
      // The run may have revoked or narrowed the very key that furnishes.
      if (/"code":"(UNAUTHORIZED|FORBIDDEN)"/.test(String(error))) return false;
      throw error;
    });
  }

  async #furnish(): Promise<boolean> {
    const devices = await this.#api.get('/v1/devices?limit=100');
    if (devices.status !== 200) return false;
    this.memory.learn(JSON.stringify(devices.body));
    const rows = rowsOf(devices.body);
    if (!rows.some((row) => row['state'] === 'connected')) await this.#link();
    for (let at = rows.length; at < DEVICES; at += 1) {
      await expectOk(this.#api.post('/v1/devices', { label: `Spare ${this.marker}`, network: 'sandbox' }));
    }
    for (const role of ROLES) await this.#seat(role);
    for (const phone of this.phones.slice(-6))
      await this.#api.post(`/v1/sandbox/phones/${phone}/online`, { online: true });
    return true;
  }

  async #seat(role: string): Promise<void> {
    const known = this.people.get(role);
    if (known && (await known.get('/v1/auth/session')).status === 200) return;
    this.#made += 1;
    const email = `${role}${this.#made}.${this.marker}@example.com`;
    this.people.set(role, await join(this.#api, email, role));
  }

  async #phone(more: object): Promise<string> {
    this.#made += 1;
    const phone = `${this.#prefix}${String(this.#made).padStart(4, '0')}`;
    await expectOk(this.#api.post('/v1/sandbox/phones', { phone, name: 'Someone', ...more }));
    this.phones.push(phone);
    return phone;
  }

  async #link(): Promise<void> {
    const [customer, talker] = [await this.#phone({ autoRead: true }), await this.#phone({ autoReply: 'Thanks' })];
    this.#made += 1;
    const shop = `${this.#prefix}${String(this.#made).padStart(4, '0')}`;
    const deviceId = await linkSandboxDevice(this.#api, shop);
    this.phones.push(shop);
    this.connected = deviceId;
    await expectOk(this.#api.call('PATCH', `/v1/devices/${deviceId}`, { label: `Desk ${this.marker}` }));
    for (const to of [customer, talker]) {
      const said = { type: 'text', text: { body: `Hello ${this.marker}` }, clientRef: `ref-${this.marker}` };
      await expectOk(this.#api.post('/v1/messages', { deviceId, to, ...said, metadata: { of: this.marker } }));
    }
    await this.#api.until('/v1/messages?direction=inbound', (body) => rowsOf(body).length > 0);
  }

  async #learnLists({ operations }: Description): Promise<void> {
    for (const { method, path, access, responses } of operations) {
      if (method !== 'GET' || access !== 'tenant' || path.includes('{') || isStream(responses)) continue;
      const { status, body } = await this.#api.get(path);
      if (status === 200) this.memory.learn(JSON.stringify(body));
    }
  }
}

/** Whether an answer goes on for ever. */
const isStream = (responses: Json): boolean => 'text/event-stream' in asJson(asJson(responses['200'])['content']);

/** Someone who signs in as the owner of the first workspace. */
export async function signInOwner(url: string, owner: { email: string; password: string }): Promise<PersonClient> {
  const client = new PersonClient(url);
  await expectOk(client.signIn(owner));
  return client;
}
