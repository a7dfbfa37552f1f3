import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { endChild } from './children.mjs';
import { inTurn } from './network.mjs';

const CLI = fileURLToPath(new URL('../../packages/server/dist/surfaces/cli/main.js', import.meta.url));
const START_MS = 60_000;
const LINK_WIDTH = 6;
// The quota is counted as ever, but it never ends a measurement.
const ROOM_FOR_ALL = { devices: 100_000, outboundPerMonth: 1_000_000_000, apiAccess: true };

/** The last plan is the first workspace's. */
function planFile(more) {
  const plans = Object.entries(more).map(([name, plan]) => [name, { ...ROOM_FOR_ALL, ...plan }]);
  return Object.fromEntries([...plans, ['bench', ROOM_FOR_ALL]]);
}

/** A gateway as a user starts it, its `whatsapp` devices pointed at the simulated network. */
export class Gateway {
  #child = null;
  #options;
  #dataDir;
  #apiKey = '';
  url = '';

  constructor(options, dataDir) {
    this.#options = options;
    this.#dataDir = dataDir;
  }

  static async start(options) {
    const gateway = new Gateway(options, await mkdtemp(path.join(tmpdir(), 'waping-bench-gateway-')));
    await gateway.begin();
    return gateway;
  }

  get pid() {
    return this.#child?.pid ?? 0;
  }

  get apiKey() {
    return this.#apiKey;
  }

  /** Starts the process and waits until it listens. */
  async begin() {
    const { network, databaseUrl, nodeArgs = [], env = {}, plans = {} } = this.#options;
    const readyFile = path.join(this.#dataDir, `ready-${process.hrtime.bigint()}.json`);
    const plansFile = path.join(this.#dataDir, 'plans.json');
    await writeFile(plansFile, JSON.stringify({ plans: planFile(plans) }));
    this.#child = spawn(process.execPath, [...nodeArgs, CLI, 'serve', '--ready-file', readyFile], {
      cwd: this.#dataDir,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: this.#dataDir,
        WAPING_PORT: '0',
        WAPING_DATA_DIR: this.#dataDir,
        WAPING_SANDBOX: 'off',
        WAPING_RATE_LIMIT: '10000000',
        WAPING_PLANS: plansFile,
        // What a gateway says while it is stopped under full load is not for the table's reader.
        WAPING_LOG_LEVEL: 'silent',
        WAPING_WHATSAPP_URL: network.url,
        WAPING_PACING: 'off',
        WAPING_WHATSAPP_ROOT: network.rootKey,
        WAPING_WHATSAPP_MEDIA_HOST: network.mediaHost,
        NODE_EXTRA_CA_CERTS: network.caFile,
        ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
        ...env,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const until = Date.now() + START_MS;
    for (;;) {
      const text = await readFile(readyFile, 'utf8').catch(() => null);
      if (text !== null) {
        const ready = JSON.parse(text);
        this.url = ready.url;
        this.#apiKey = ready.apiKey ?? this.#apiKey;
        return;
      }
      if (this.#child.exitCode !== null || Date.now() > until) throw new Error('the gateway did not start');
      await sleep(10);
    }
  }

  async end() {
    if (this.#child) await endChild(this.#child);
  }

  async stop() {
    await this.end();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  call(method, route, body) {
    return this.callAs(this.#apiKey, method, route, body);
  }

  async callAs(key, method, route, body) {
    const response = await fetch(`${this.url}${route}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const answer = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async createDevice(label, key = this.#apiKey) {
    return (await this.callAs(key, 'POST', '/v1/devices', { label, network: 'whatsapp' })).id;
  }

  /** Creates a device for each number and lets its phone scan the QR. Resolves when all are connected. */
  async link(numbers, key = this.#apiKey) {
    return inTurn(numbers, LINK_WIDTH, async (number) => {
      const id = await this.createDevice(number, key);
      await this.callAs(key, 'POST', `/v1/devices/${id}/link`, { method: 'qr' });
      const { qr } = await this.callAs(key, 'GET', `/v1/devices/${id}/qr`);
      await this.#options.network.control.call('phones.scan', { number, qr });
      await this.#untilConnected(id, key);
      return id;
    });
  }

  async #untilConnected(id, key) {
    const until = Date.now() + START_MS;
    for (;;) {
      const { state, stateReason } = await this.callAs(key, 'GET', `/v1/devices/${id}`);
      if (state === 'connected') return;
      if (Date.now() > until) throw new Error(`a device never connected: ${state} (${stateReason})`);
      await sleep(50);
    }
  }

  /** How many devices are connected now. */
  async connected() {
    let count = 0;
    for (let cursor = null; ; ) {
      const query = new URLSearchParams({ state: 'connected', limit: '100', ...(cursor ? { cursor } : {}) });
      const page = await this.call('GET', `/v1/devices?${query}`);
      count += page.data.length;
      cursor = page.nextCursor ?? null;
      if (cursor === null) return count;
    }
  }
}
