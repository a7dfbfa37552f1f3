import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { renderUnicodeCompact } from 'uqr';
import { loadConfig } from '../../config/config.ts';
import { NO_SINKS } from '../../config/sinks.ts';
import { startApp } from '../../context.ts';
import { createLogger } from '../../platform/log.ts';
import { asRecord, DemoClient, rows } from './demo-client.ts';
import { Steps } from './demo-steps.ts';
import { TOUR_LIVENESS, type TourResult, tour } from './demo-tour.ts';

const SHOP = '+15550001000';
const CUSTOMER = '+15550002000';
const ORDER = 'Your order #12345 is confirmed.';
const ANSWER = 'Thank you! When will it arrive?';

interface DemoResult {
  device: string;
  messageId: string;
  status: string;
  inbound: number;
  duplicates: number;
}

async function linkDevice(api: DemoClient, steps: Steps): Promise<string> {
  const device = await steps.run('create a device            POST /v1/devices', async () => {
    const { data } = await api.call('POST', '/v1/devices', { label: 'Shop', network: 'sandbox' });
    return String(data.id);
  });
  await steps.run('start linking              POST /v1/devices/{id}/link', () =>
    api.call('POST', `/v1/devices/${device}/link`, { method: 'qr' }),
  );
  const qr = await steps.run('get the QR code            GET /v1/devices/{id}/qr', async () => {
    const { data } = await api.call('GET', `/v1/devices/${device}/qr`);
    return String(data.qr);
  });
  process.stdout.write(`\n${renderUnicodeCompact(qr, { border: 2 })}\n\n`);
  await steps.run(`the phone ${SHOP} scans it`, () => api.call('POST', `/v1/sandbox/phones/${SHOP}/scan`, { qr }));
  await steps.run('the device is connected    GET /v1/devices/{id}', () =>
    api.until(`/v1/devices/${device}`, (data) => data.state === 'connected'),
  );
  return device;
}

async function sendTwice(api: DemoClient, steps: Steps, device: string): Promise<string> {
  const key = { 'idempotency-key': randomUUID() };
  const body = { deviceId: device, to: CUSTOMER, type: 'text', text: { body: ORDER } };
  const first = await steps.run('send a message             POST /v1/messages', () =>
    api.call('POST', '/v1/messages', body, key),
  );
  await steps.run('send it again, same Idempotency-Key: the same answer', async () => {
    const again = await api.call('POST', '/v1/messages', body, key);
    if (again.data.id !== first.data.id || again.headers.get('idempotency-replayed') !== 'true') {
      throw new Error('the retry was not recognised');
    }
  });
  return String(first.data.id);
}

async function runDemo(api: DemoClient, steps: Steps): Promise<DemoResult> {
  await steps.run('two simulated phones       POST /v1/sandbox/phones', async () => {
    await api.call('POST', '/v1/sandbox/phones', { phone: SHOP, name: 'Shop' });
    await api.call('POST', '/v1/sandbox/phones', { phone: CUSTOMER, name: 'Customer', autoRead: true });
  });
  const device = await linkDevice(api, steps);
  const messageId = await sendTwice(api, steps, device);
  const message = await steps.run('sent, delivered, read      GET /v1/messages/{id}', () =>
    api.until(`/v1/messages/${messageId}`, (data) => data.status === 'read'),
  );
  await steps.run('the customer answers', () =>
    api.call('POST', `/v1/sandbox/phones/${CUSTOMER}/messages`, { to: SHOP, text: ANSWER }),
  );
  const inbox = await steps.run('the answer is here         GET /v1/messages?direction=inbound', () =>
    api.until('/v1/messages?direction=inbound', (data) => rows(data).length > 0),
  );
  const timeline = await api.call('GET', `/v1/messages/${messageId}/timeline`);
  process.stdout.write(`\n     timeline of ${messageId}\n`);
  for (const entry of rows(timeline.data))
    process.stdout.write(`       ${String(entry.at)}  ${String(entry.status)}\n`);
  const answers = rows(inbox).filter((row) => asRecord(row.text).body === ANSWER);
  const seen = rows((await api.call('GET', `/v1/sandbox/phones/${CUSTOMER}/messages`)).data);
  const copies = seen.filter((row) => row.text === ORDER);
  return {
    device,
    messageId,
    status: String(message.status),
    inbound: answers.length,
    duplicates: copies.length - 1,
  };
}

/** What `waping demo` takes. */
export interface DemoOptions {
  /** Shows the rest of what WAPing does after it. */
  tour?: boolean;
}

/** The main job, end to end, on temporary data. Exit code 0 only if all of it happened. */
export async function demo(options: DemoOptions = {}): Promise<void> {
  const from = performance.now();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'waping-demo-'));
  process.stdout.write('\nWAPing demo: one device, one message there, one back, over the real wire protocol.\n\n');
  try {
    const steps = new Steps();
    const config = {
      ...loadConfig(),
      dataDir,
      port: 0,
      host: '127.0.0.1',
      databaseUrl: undefined,
      sandbox: true,
      s3: null,
      sinks: NO_SINKS,
      // What the tour breaks on purpose is no warning.
      ...(options.tour ? { liveness: TOUR_LIVENESS, logLevel: 'error' } : {}),
    };
    await using app = await steps.run('start gateway, database and simulated network', () =>
      startApp(config, createLogger(config.logLevel)),
    );
    const api = new DemoClient(app.url, app.first.apiKey ?? '');
    const { device, ...result } = await runDemo(api, steps);
    const toured: TourResult | null = options.tour
      ? await tour(api, steps, { device, shop: SHOP, customer: CUSTOMER })
      : null;
    const isMainJobDone = result.status === 'read' && result.inbound === 1 && result.duplicates === 0;
    const ok = isMainJobDone && (toured?.ok ?? true);
    const ms = Math.round(performance.now() - from);
    process.stdout.write(`\n${JSON.stringify({ ok, ...result, ...(toured ? { tour: toured } : {}), ms })}\n`);
    if (!ok) process.exitCode = 1;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
