import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlClient } from '@waping/sandbox';
import { type ApiClient, type Json, objectOf, type Reply, rowsOf } from '../../kit/api.ts';
import { sandboxControl } from '../../kit/sandbox-control.ts';
import { expectOk } from '../../kit/sandbox-device.ts';
import { TestServer } from '../../kit/server.ts';

/** Sessions that are taken for deaf within seconds; a busy machine answers pings within one. */
const LIVENESS = 'check=100,silent=2500,ping=2000,ack=3000,restarts=2,health=500,open=20000';

/** The suite asks again and again until something is so. */
const NO_LIMITS = 'workspace=off,device=off,read=off,write=off,send=off';

/** What takes seconds may take longer where much else runs. */
const PATIENCE_MS = 120_000;

/** A gateway with its sandbox, quick to notice that nothing comes. */
export class Scene implements AsyncDisposable {
  readonly server: TestServer;
  readonly control: ControlClient;
  #phones = 0;

  private constructor(server: TestServer, control: ControlClient) {
    this.server = server;
    this.control = control;
  }

  static async start(): Promise<Scene> {
    const server = await TestServer.start({
      env: { WAPING_LIVENESS: LIVENESS, WAPING_RATE_LIMIT: '10000000', WAPING_RATE_LIMITS: NO_LIMITS },
    });
    return new Scene(server, await sandboxControl(server.dataDir));
  }

  get api(): ApiClient {
    return this.server.api;
  }

  async newPhone(body: Json = {}): Promise<string> {
    this.#phones += 1;
    const phone = `+1555300${String(this.#phones).padStart(4, '0')}`;
    await expectOk(this.api.post('/v1/sandbox/phones', { phone, ...body }));
    return phone;
  }

  async newDevice(): Promise<string> {
    return String((await expectOk(this.api.post('/v1/devices', { label: 'Device', network: 'sandbox' })))['id']);
  }

  setFaults(phone: string, faults: Json = {}): Promise<Json> {
    return expectOk(this.api.call('PUT', `/v1/sandbox/phones/${phone}/faults`, faults));
  }

  disrupt(phone: string, how: Json): Promise<Json> {
    return expectOk(this.api.post(`/v1/sandbox/phones/${phone}/disrupt`, how));
  }

  /** Has the device linking; just after an unlink that is refused for a moment, and a busy machine shows no code at once. */
  async beginLink(deviceId: string): Promise<string> {
    await this.#insist(() => this.api.post(`/v1/devices/${deviceId}/link`, { method: 'qr' }));
    const { body } = await this.#insist(() => this.api.get(`/v1/devices/${deviceId}/qr`));
    return String(body['qr']);
  }

  async #insist(ask: () => Promise<Reply>): Promise<Reply> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(100)) {
      const reply = await ask();
      if (reply.status < 300) return reply;
      if (Date.now() > end) throw new Error(`answered ${reply.status}: ${JSON.stringify(reply.body)}`);
    }
  }

  scan(phone: string, qr: string) {
    return this.api.post(`/v1/sandbox/phones/${phone}/scan`, { qr });
  }

  async link(deviceId: string, phone: string): Promise<void> {
    await expectOk(this.scan(phone, await this.beginLink(deviceId)));
    await this.state(deviceId, 'connected');
  }

  state(deviceId: string, ...states: string[]): Promise<Json> {
    return this.api.until(`/v1/devices/${deviceId}`, (body) => states.includes(String(body['state'])), PATIENCE_MS);
  }

  /** The devices the phone itself lists as linked. */
  async companions(phone: string) {
    return (await this.control.call('accounts.get', { number: phone })).devices;
  }

  /** Every event of one device and these types. */
  async events(deviceId: string, types: string): Promise<Json[]> {
    const found: Json[] = [];
    for (let after = ''; ; ) {
      const path = `/v1/events?deviceId=${deviceId}&types=${types}&limit=100${after && `&after=${after}`}`;
      const { body } = await this.api.get(path);
      const rows = rowsOf(body).map(({ type, createdAt, data }) => ({
        type,
        createdAt,
        ...objectOf({ data }, 'data'),
      }));
      found.push(...rows);
      if (body['hasMore'] !== true) return found;
      after = String(body['nextCursor']);
    }
  }

  /** Ends the engine's worker processes as a power cut would. Returns how many there were. */
  killWorkers(): number {
    const { pid } = this.server;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean);
    const workers = children.filter((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('worker-main'));
    for (const worker of workers) process.kill(Number(worker), 'SIGKILL');
    return workers.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}
