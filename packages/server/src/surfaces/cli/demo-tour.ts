import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Liveness } from '../../config/liveness.ts';
import { asRecord, type DemoClient, rows } from './demo-client.ts';
import { picture } from './demo-picture.ts';
import type { Steps } from './demo-steps.ts';

const FRIEND = '+15550003000';
const READERS = Array.from({ length: 20 }, (_, n) => `+1555001${String(n).padStart(4, '0')}`);
const BULK = 600;
const PAGE = 100;
const AHEAD_MS = 3_000;
const PATIENCE_MS = 60_000;

/** Sessions are taken for deaf within seconds on the tour; 45 s without a word by default. */
export const TOUR_LIVENESS: Liveness = { checkMs: 100, silentMs: 2_500, pingMs: 2_000, ackMs: 3_000, openMs: 20_000 };

/** Whom the tour is made with. */
export interface TourParty {
  device: string;
  /** Number the device is linked to. */
  shop: string;
  customer: string;
}

/** What was seen on the tour; `ok` only if all of it was as promised. */
export interface TourResult {
  ok: boolean;
  mediaSame: boolean;
  groupMembers: number;
  scheduledLateMs: number;
  /** Of how many bulk messages accepted before it the one-time code went first. */
  otpOvertook: number;
  bulk: number;
  deafFoundMs: number;
  deafHealedMs: number;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const since = (from: number) => Math.round(performance.now() - from);

class Tour {
  readonly #api: DemoClient;
  readonly #steps: Steps;
  readonly #party: TourParty;

  constructor(api: DemoClient, steps: Steps, party: TourParty) {
    this.#api = api;
    this.#steps = steps;
    this.#party = party;
  }

  async #send(body: Record<string, unknown>): Promise<string> {
    const { data } = await this.#api.call('POST', '/v1/messages', { deviceId: this.#party.device, ...body });
    return String(data.id);
  }

  #reaches(id: string, ...statuses: string[]): Promise<Record<string, unknown>> {
    const path = `/v1/messages/${id}`;
    return this.#api.until(path, ({ status }) => statuses.includes(String(status)), PATIENCE_MS);
  }

  async #inbound(match: (row: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const path = `/v1/messages?direction=inbound&deviceId=${this.#party.device}`;
    const page = await this.#api.until(path, (data) => rows(data).some(match), PATIENCE_MS);
    return rows(page).find(match) ?? {};
  }

  async #onPhone(phone: string, match: (row: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const path = `/v1/sandbox/phones/${phone}/messages`;
    return rows(await this.#api.until(path, (data) => rows(data).some(match), PATIENCE_MS)).find(match) ?? {};
  }

  async media(): Promise<Pick<TourResult, 'mediaSame'>> {
    this.#steps.chapter('A picture there, and one back');
    const { shop, customer } = this.#party;
    const file = picture();
    const media = await this.#steps.run('upload it                  POST /v1/media', () =>
      this.#api.upload('/v1/media', file, 'order.png'),
    );
    const id = await this.#steps.run('send it                    POST /v1/messages', () =>
      this.#send({ to: customer, type: 'image', image: { mediaId: media.id, caption: 'This is how it looks' } }),
    );
    const shown = await this.#steps.run('the phone downloads, decrypts and shows it', () =>
      this.#onPhone(customer, (row) => asRecord(row.media).caption === 'This is how it looks'),
    );
    await this.#reaches(id, 'delivered', 'read');
    const answer = { to: shop, media: { kind: 'image', mimeType: 'image/png', base64: file.toString('base64') } };
    await this.#api.call('POST', `/v1/sandbox/phones/${customer}/messages`, answer);
    const came = await this.#steps.run('the customer’s picture is here', () =>
      this.#inbound((row) => asRecord(row.media).status === 'ready'),
    );
    const content = await this.#steps.run('its bytes                  GET /v1/media/{id}/content', () =>
      this.#api.bytes(`/v1/media/${asRecord(came.media).id}/content`),
    );
    return { mediaSame: asRecord(shown.media)['sha256'] === sha256(file) && content.equals(file) };
  }

  async group(): Promise<Pick<TourResult, 'groupMembers'>> {
    this.#steps.chapter('A group');
    const { device, customer } = this.#party;
    await this.#api.call('POST', '/v1/sandbox/phones', { phone: FRIEND, name: 'Friend' });
    const group = await this.#steps.run('make one with two people   POST /v1/groups', async () => {
      const body = { deviceId: device, subject: 'Order #12345', members: [customer, FRIEND] };
      return (await this.#api.call('POST', '/v1/groups', body)).data;
    });
    await this.#steps.run('write to it, and both of them read it', async () => {
      await this.#send({ to: group.id, type: 'text', text: { body: 'Hello to both of you' } });
      for (const phone of [customer, FRIEND])
        await this.#onPhone(
          phone,
          ({ text, chat }) => text === 'Hello to both of you' && chat === `${group.whatsappId}@g.us`,
        );
    });
    await this.#steps.run('one answers, and is known by name', async () => {
      const body = { to: group.whatsappId, text: 'Hello from the friend' };
      await this.#api.call('POST', `/v1/sandbox/phones/${FRIEND}/messages`, body);
      const { senderId } = await this.#inbound(({ text }) => asRecord(text).body === 'Hello from the friend');
      await this.#api.until(`/v1/contacts/${senderId}`, ({ phone }) => phone === FRIEND);
    });
    return { groupMembers: Number(group.memberCount) };
  }

  async schedule(): Promise<Pick<TourResult, 'scheduledLateMs'>> {
    this.#steps.chapter('A message for later');
    const sendAt = new Date(Date.now() + AHEAD_MS).toISOString();
    const message = { to: this.#party.customer, type: 'text', text: { body: 'It leaves today' }, sendAt };
    const id = await this.#steps.run('accepted for in three seconds, status `scheduled`', async () => {
      const made = await this.#send(message);
      await this.#reaches(made, 'scheduled');
      return made;
    });
    const late = ({ sentAt }: Record<string, unknown>) => Date.parse(String(sentAt)) - Date.parse(sendAt);
    const sent = await this.#steps.run(
      'sent',
      () => this.#reaches(id, 'sent', 'delivered', 'read'),
      (row) => `${late(row)} ms after its time`,
    );
    return { scheduledLateMs: late(sent) };
  }

  async overtake(): Promise<Pick<TourResult, 'otpOvertook' | 'bulk'>> {
    this.#steps.chapter('A one-time code overtakes a campaign');
    for (const phone of READERS) await this.#api.call('POST', '/v1/sandbox/phones', { phone, name: 'Reader' });
    const clientRef = 'campaign';
    const messages = Array.from({ length: BULK }, (_, n) => ({
      deviceId: this.#party.device,
      to: READERS[n % READERS.length],
      type: 'text',
      text: { body: `News ${n + 1}` },
      priority: 'bulk',
      clientRef,
    }));
    await this.#steps.run(`${BULK} bulk messages          POST /v1/messages/batch`, () =>
      this.#api.call('POST', '/v1/messages/batch', { messages }),
    );
    const code = await this.#steps.run('then a code, priority `otp`, is sent', async () => {
      const body = { to: this.#party.customer, type: 'text', text: { body: 'Your code is 493 021' }, priority: 'otp' };
      return this.#reaches(await this.#send(body), 'sent', 'delivered', 'read');
    });
    const sentAt = Date.parse(String(code.sentAt));
    const waiting = await this.#steps.run(
      'the campaign is out too',
      () => this.#sentAfter(clientRef, sentAt),
      (late) => `${late} of them after the code`,
    );
    return { otpOvertook: waiting, bulk: BULK };
  }

  /** How many of the messages of a reference went out later than this, once all of them have. */
  async #sentAfter(clientRef: string, sentAt: number): Promise<number> {
    for (const status of ['queued', 'sending'])
      await this.#api.until(
        `/v1/messages?clientRef=${clientRef}&status=${status}`,
        (data) => rows(data).length === 0,
        PATIENCE_MS,
      );
    let [later, cursor] = [0, ''];
    do {
      const path = `/v1/messages?clientRef=${clientRef}&limit=${PAGE}${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { data } = await this.#api.call('GET', path);
      later += rows(data).filter((row) => Date.parse(String(row.sentAt)) > sentAt).length;
      cursor = data.hasMore === true ? encodeURIComponent(String(data.nextCursor)) : '';
    } while (cursor !== '');
    return later;
  }

  async deaf(): Promise<Pick<TourResult, 'deafFoundMs' | 'deafHealedMs'>> {
    this.#steps.chapter('A session that has gone deaf');
    const { device, shop, customer } = this.#party;
    await this.#steps.run('the connection stands, and nothing comes over it any more', () =>
      this.#api.call('POST', `/v1/sandbox/phones/${shop}/disrupt`, { kind: 'deafen' }),
    );
    const from = performance.now();
    const lost = { to: shop, text: 'Can you hear me?' };
    await this.#api.call('POST', `/v1/sandbox/phones/${customer}/messages`, lost);
    const id = await this.#send({ to: customer, type: 'text', text: { body: 'Are you there?' } });
    const path = `/v1/events?deviceId=${device}&types=device.disconnected`;
    const isDeaf = (event: Record<string, unknown>) =>
      asRecord(asRecord(asRecord(event.data).device)).stateReason === 'deaf';
    await this.#steps.run('found: event device.disconnected, reason `deaf`', () =>
      this.#api.until(path, (data) => rows(data).some(isDeaf), PATIENCE_MS),
    );
    const deafFoundMs = since(from);
    await this.#steps.run('restarted, and connected again', () =>
      this.#api.until(`/v1/devices/${device}`, ({ state }) => state === 'connected', PATIENCE_MS),
    );
    await this.#steps.run('what was said meanwhile is here, `source: recovered`', () =>
      this.#inbound((row) => asRecord(row.text).body === lost.text && row.source === 'recovered'),
    );
    await this.#steps.run('what was sent meanwhile has arrived, once', async () => {
      await this.#reaches(id, 'delivered', 'read');
      await this.#onPhone(customer, ({ text }) => text === 'Are you there?');
    });
    return { deafFoundMs, deafHealedMs: since(from) };
  }
}

/** The rest of what WAPing does, one after the other: a picture, a group, a message for later, a code that overtakes, a deaf session. */
export async function tour(api: DemoClient, steps: Steps, party: TourParty): Promise<TourResult> {
  const guide = new Tour(api, steps, party);
  const media = await guide.media();
  const group = await guide.group();
  const later = await guide.schedule();
  const code = await guide.overtake();
  // A moment in which nothing is on its way, so that what follows is the fault's alone.
  await sleep(200);
  const deaf = await guide.deaf();
  // The rest was on its way already, or acked beside it.
  const overtook = code.otpOvertook > code.bulk / 2;
  const ok = media.mediaSame && group.groupMembers === 3 && later.scheduledLateMs >= 0 && overtook;
  return { ok, ...media, ...group, ...later, ...code, ...deaf };
}
