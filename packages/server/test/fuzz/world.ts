import { ApiClient, type Json } from '../kit/api.ts';
import type { PersonClient } from '../kit/person.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { runCli, TestServer } from '../kit/server.ts';
import { Memory } from './memory.ts';
import { Ownership } from './ownership.ts';
import type { Random } from './random.ts';
import { type Described, Description } from './spec.ts';
import { SANDBOX_ONLY, signInOwner, Tenant } from './tenant.ts';

const OPERATOR_KEY = 'operator-key-of-the-fuzz-run-0123456789abcdef';
const ENV = {
  WAPING_OPERATOR_KEY: OPERATOR_KEY,
  WAPING_RATE_LIMIT: '10000000',
  // Nothing answers there: should a device of the real network come to be, it stays on this machine.
  WAPING_WHATSAPP_URL: 'ws://127.0.0.1:9',
};
const UNKNOWN = `wap_${'0'.repeat(26)}_${'A'.repeat(43)}_00000000`;

/** Who asks. `tenant` is null for who belongs to neither furnished workspace. */
export interface Credential {
  name: string;
  tenant: Tenant | null;
  kind: 'key' | 'person' | 'operator' | 'nobody';
  headers: Record<string, string>;
  memory: Memory;
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** A server with two furnished workspaces, everyone who may ask it something, and what each was told. */
export class World implements AsyncDisposable {
  readonly server: TestServer;
  readonly description: Description;
  readonly #operator: ApiClient;
  readonly #owner: PersonClient;
  readonly #nobodies: readonly Credential[];
  readonly #strangers: readonly Credential[];
  readonly #operatorMemory = new Memory('nothing of the operator’s is secret here');
  readonly #ownership = new Ownership();
  tenants: Tenant[] = [];
  /** How many workspaces had to be made again. */
  remade = 0;
  #number = 1;

  private constructor(parts: {
    server: TestServer;
    document: Json;
    owner: PersonClient;
    keys: Record<string, string>;
  }) {
    this.server = parts.server;
    this.description = new Description(parts.document);
    this.#operator = new ApiClient(parts.server.url, OPERATOR_KEY);
    this.#owner = parts.owner;
    const memory = new Memory('nobody knows a secret');
    const nobody = (name: string, headers: Record<string, string>): Credential => ({
      name,
      tenant: null,
      kind: 'nobody',
      headers,
      memory,
    });
    this.#nobodies = [
      nobody('no credentials', {}),
      nobody('a malformed key', bearer('wap_x')),
      nobody('an unknown key', bearer(UNKNOWN)),
      nobody('a revoked key', bearer(parts.keys['revoked'] ?? '')),
      nobody('another scheme', { authorization: 'Basic YTpi' }),
      nobody('an empty header', { authorization: '' }),
      nobody('two schemes', { authorization: `Bearer ${UNKNOWN}, Basic YTpi` }),
      nobody('a forged cookie', { cookie: `waping_session=${'A'.repeat(43)}`, 'x-waping-csrf': '1' }),
      nobody('a cookie of rubbish', { cookie: 'waping_session=%00; =; ;;waping_session', 'x-waping-csrf': '1' }),
    ];
    this.#strangers = [
      { name: 'a key for reading', tenant: null, kind: 'key', headers: bearer(parts.keys['reader'] ?? ''), memory },
    ];
  }

  /** On the embedded database, or on the one named. */
  static async start(databaseUrl?: string): Promise<World> {
    const first = await TestServer.start({ env: ENV, databaseUrl });
    await first.stop();
    const env = { WAPING_DATA_DIR: first.dataDir, ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) };
    const keys = {
      reader: await newKey(env, 'devices:read,messages:read'),
      revoked: await newKey(env, '*'),
    };
    await runCli(['keys', 'revoke', `key_${keys.revoked.split('_')[1]}`], env);
    const server = await first.again();
    const document = (await server.api.get('/v1/openapi.json')).body;
    const owner = await signInOwner(server.url, server.owner);
    const operator = new ApiClient(server.url, OPERATOR_KEY);
    const path = `/v1/operator/workspaces/${server.workspaceId}`;
    await expectOk(operator.call('PATCH', path, { overrides: SANDBOX_ONLY }));
    const world = new World({ server, document, owner, keys });
    for (let at = 0; at < 2; at += 1) world.tenants.push(await world.#newTenant());
    return world;
  }

  async #newTenant(): Promise<Tenant> {
    this.#number += 1;
    const tenant = await Tenant.create(this.#operator, this.#number, this.description);
    this.#ownership.note(tenant.name, tenant.id);
    return tenant;
  }

  /** Makes good what the run has deleted, revoked or suspended, so that requests keep meeting things that exist. */
  async refurnish(): Promise<void> {
    for (const [at, tenant] of this.tenants.entries()) {
      if (await tenant.refurnish()) continue;
      this.remade += 1;
      this.tenants[at] = await this.#newTenant();
    }
  }

  /** Who asks for this operation: mostly someone who may, sometimes anyone at all. */
  credential(operation: Described, random: Random): Credential {
    const fitting = this.#all().filter((one) => fits(one, operation));
    if (fitting.length > 0 && random.chance(0.8)) return random.pick(fitting);
    return random.chance(0.5) ? random.pick(this.#nobodies) : random.pick(this.#all());
  }

  otherThan(tenant: Tenant): Tenant | undefined {
    return this.tenants.find((one) => one !== tenant);
  }

  /** What an answer shows that is another workspace's. The operator may see them all. */
  foreignTo({ tenant, kind, name }: Credential, text: string, asked: string): string[] {
    return kind === 'operator' ? [] : this.#ownership.foreign(tenant?.name ?? name, text, asked);
  }

  /** Keeps what a caller was told: it may be asked about. */
  learn({ tenant, memory }: Credential, text: string): void {
    if (tenant) this.#ownership.note(tenant.name, text);
    memory.learn(text);
  }

  #all(): Credential[] {
    const operator = { name: 'the operator', tenant: null, kind: 'operator', headers: bearer(OPERATOR_KEY) } as const;
    return [
      ...this.tenants.flatMap((tenant) => credentialsOf(tenant)),
      ...this.#strangers,
      { ...operator, memory: this.#operatorMemory },
      { ...person('the owner of the first', this.#owner), tenant: null, memory: new Memory('the owner has none') },
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

async function newKey(env: Record<string, string>, scopes: string): Promise<string> {
  const made = await runCli(['keys', 'create', '--name', 'Fuzz', '--scopes', scopes], env);
  if (made.code !== 0) throw new Error(`keys create: ${made.err}`);
  return made.out.trim();
}

function person(name: string, client: PersonClient): Pick<Credential, 'name' | 'kind' | 'headers'> {
  const cookie = [...client.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
  return { name, kind: 'person', headers: { cookie, 'x-waping-csrf': '1' } };
}

function credentialsOf(tenant: Tenant): Credential[] {
  const { name, memory, key, people } = tenant;
  const whole: Credential = { name: `the key of ${name}`, tenant, kind: 'key', headers: bearer(key), memory };
  return [
    // Twice as likely as all people together: it may do everything, so that something is done.
    ...Array.from({ length: 2 * people.size }, () => whole),
    ...[...people].map(([role, client]) => ({ ...person(`the ${role} of ${name}`, client), tenant, memory })),
  ];
}

function fits({ kind }: Credential, { access }: Described): boolean {
  if (access === 'operator') return kind === 'operator';
  if (access === 'tenant') return kind === 'key' || kind === 'person';
  return kind === 'person';
}
