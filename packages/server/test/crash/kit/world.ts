import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '@waping/sandbox';
import type { ApiClient } from '../../kit/api.ts';
import { createStorage, type DatabaseKind } from '../../kit/db.ts';
import { expectOk } from '../../kit/sandbox-device.ts';
import { TestServer } from '../../kit/server.ts';
import { Lane } from './lane.ts';
import type { Installation, Life } from './life.ts';
import { startOutsideNetwork } from './network.ts';
import type { Random } from './random.ts';

/** Own numbers of the two devices, possible ones: for a device of WhatsApp's own network the gateway checks that. */
const ACCOUNTS = ['+4915112340001', '+4915112340002'] as const;

/** A person the devices write with, and how far a message to their phone ever gets. */
export interface Person {
  phone: string;
  ends: 'read' | 'delivered' | 'sent';
}

// After a crash a receipt can tell that a message arrived. The phone that gives none leaves it to the same id.
const PEOPLE: readonly Person[] = [
  { phone: '+4915112345001', ends: 'read' },
  { phone: '+4915112345002', ends: 'delivered' },
  { phone: '+4915112345003', ends: 'sent' },
];
/** The network's time to answer for a message: long enough to die in. */
const ACK_DELAY_MS = 30;

/** An installation with linked devices, the network around it, and everything that was ever said. */
export class World implements AsyncDisposable {
  readonly installation: Installation;
  readonly control: ControlClient;
  readonly people = PEOPLE;
  readonly lanes: readonly Lane[];
  /** Texts that left a person's phone for one of the devices. */
  readonly inbound: string[] = [];
  readonly #stack: AsyncDisposableStackLike;

  constructor(parts: {
    installation: Installation;
    control: ControlClient;
    lanes: Lane[];
    stack: AsyncDisposableStackLike;
  }) {
    this.installation = parts.installation;
    this.control = parts.control;
    this.lanes = parts.lanes;
    this.#stack = parts.stack;
  }

  /** A server started as every test starts one, for the calm before and after. */
  start(): Promise<TestServer> {
    const { dataDir, env, apiKey } = this.installation;
    return TestServer.start({ dataDir, env, apiKey });
  }

  /** Every person writes to every device once. */
  async write(): Promise<void> {
    for (const { phone } of this.people) {
      for (const to of ACCOUNTS) {
        const text = `in no. ${this.inbound.length}`;
        this.inbound.push(text);
        await this.control.call('phones.send', { number: phone, to, text });
      }
    }
  }

  /** Posts `each` messages in every chat, as fast as each is accepted, until done or the gateway is dead. */
  async send(api: ApiClient, life: Life, each: number): Promise<void> {
    await Promise.all(
      this.lanes.map(async (lane) => {
        for (let posted = 0; posted < each && !life.over; ) {
          if (await lane.post(api)) posted += 1;
          else await sleep(20);
        }
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#stack.reverse()) await part[Symbol.asyncDispose]();
  }
}

type AsyncDisposableStackLike = AsyncDisposable[];

async function link(api: ApiClient, control: ControlClient, phone: string): Promise<string> {
  await control.call('accounts.create', { number: phone, auto: { deliver: true } });
  const device = await expectOk(api.post('/v1/devices', { label: phone, network: 'whatsapp' }));
  const id = String(device['id']);
  await expectOk(api.post(`/v1/devices/${id}/link`, { method: 'qr' }));
  const { qr } = await expectOk(api.get(`/v1/devices/${id}/qr`));
  await control.call('phones.scan', { number: phone, qr: String(qr) });
  await api.until(`/v1/devices/${id}`, (body) => body['state'] === 'connected');
  return id;
}

/** Builds a world on one kind of database; its first, undisturbed life links the devices and ends in order. */
export async function createWorld(kind: DatabaseKind, random: Random): Promise<World> {
  const stack: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(part: T): T => {
    stack.push(part);
    return part;
  };
  const storage = keep(await createStorage(kind));
  const { control, ...network } = keep(await startOutsideNetwork(`crash ${random.below(1_000_000)}`));
  const env = {
    ...network.env,
    ...(storage.databaseUrl === undefined ? {} : { DATABASE_URL: storage.databaseUrl }),
    WAPING_RATE_LIMIT: '1000000',
    WAPING_LOG_LEVEL: 'error',
  };
  await using server = await TestServer.start({ dataDir: storage.dataDir, env });
  for (const { phone, ends } of PEOPLE) {
    const auto = { deliver: ends !== 'sent', read: ends === 'read' };
    await control.call('accounts.create', { number: phone, auto });
  }
  await control.call('faults.set', { ackDelayMs: ACK_DELAY_MS });
  const lanes: Lane[] = [];
  for (const account of ACCOUNTS) {
    const deviceId = await link(server.api, control, account);
    for (const { phone } of PEOPLE) lanes.push(new Lane({ name: `${account}>${phone}`, deviceId, to: phone }));
  }
  const installation = { dataDir: storage.dataDir, env, apiKey: server.apiKey };
  return new World({ installation, control, lanes, stack });
}
