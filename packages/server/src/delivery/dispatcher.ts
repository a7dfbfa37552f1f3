import { setTimeout as sleep } from 'node:timers/promises';
import { type Engine, EngineSendError, MEDIA_KINDS, type Outbound } from '../engine/port.ts';
import { endMessages, type MessageError } from '../features/messages/index.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import type { Db } from '../platform/db/port.ts';
import { faultPoint } from '../platform/fault-points.ts';
import type { Logger } from '../platform/log.ts';
import { BusyChats, byChat } from './busy-chats.ts';
import { claimPortion } from './claim-portion.ts';
import { addressOf, audienceOf, bodyOf } from './outbound-body.ts';
import { Pacer } from './pacing/pacer.ts';
import { type ClaimedRow, type ClaimRequest, unclaimDevice, unclaimMessages, unclaimSilent } from './store.ts';
import type { Uploads } from './uploads.ts';

/** Messages of one device on the way to WhatsApp's ack at one time. */
const WINDOW = 256;
/** What of it `bulk` may fill: an urgent message stands behind so many of them at the most. */
const BULK_WINDOW = 64;
/** Beyond the window, for urgent messages: acks that are slow for others do not hold them up. */
const URGENT_RESERVE = 32;
/** WhatsApp acks within seconds; after this the same message goes again, under the same id. */
const SILENT_MS = 30_000;
/** A send that did not reach the wire is tried again after this, doubling up to the cap. */
const RETRY_BASE_MS = 1_000;
const RETRY_CAP_MS = 60_000;
const POLL_MS = 1_000;
/** How pacing is set is read again with every so many polls, should a wake-up be lost. */
const PACING_POLLS = 30;
const MAX_REST_MS = 50;

/** Why a message is not handed over: its contact has opted out since it was accepted. */
class OptedOutError extends Error {
  constructor() {
    super('The contact opted out before the message was sent.');
    this.name = 'OptedOutError';
  }
}

interface OnlineDevice {
  workspaceId: string;
  deviceId: string;
  /** Handed to the engine, not yet acked. */
  onTheWay: Set<string>;
}

/** In the place of a rejection without a reason: a chat goes on only where there is none. */
const unknownFailure = () => new Error('the send failed');

const isMediaKind = (type: string): boolean => MEDIA_KINDS.some((kind) => kind === type);

/** Half of it is chance, so that the chats of a device do not all come back at one moment. */
function pauseMs(attempts: number): number {
  return Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** Math.min(attempts, 10)) * (0.5 + Math.random() / 2);
}

/** The word on a message that no later try could send; null where one may. */
function finalError(error: unknown): MessageError | null {
  if (error instanceof OptedOutError)
    return { code: 'RECIPIENT_OPTED_OUT', message: error.message, providerCode: null, retryable: false };
  if (!(error instanceof EngineSendError) || error.retry) return null;
  const code = error.reason === 'not_on_whatsapp' ? 'RECIPIENT_NOT_ON_WHATSAPP' : 'SEND_REFUSED';
  return { code, message: error.message, providerCode: error.providerCode ?? null, retryable: false };
}

/**
 * Carries queued messages of connected devices to the engine: claims the first of each free chat and hands them over
 * one after the other, until WhatsApp's ack takes each row out of the outbox. Holds nothing that a crash could lose: every step
 * either is in the database or is done again under the same WhatsApp id.
 */
export class Dispatcher implements AsyncDisposable {
  readonly #db: Db;
  readonly #engine: Engine;
  readonly #withFile: Uploads['withFile'];
  readonly #log: Logger;
  readonly #online = new Map<string, OnlineDevice>();
  /** Devices on their way to be online, each with its last opening: one that went offline meanwhile has none. */
  readonly #opening = new Map<string, symbol>();
  readonly #woken = new Set<string>();
  /** Devices that may have urgent messages in line: asked for even where the window is full. */
  readonly #urgent = new Set<string>();
  readonly #busyChats = new BusyChats();
  readonly #pacer: Pacer;
  /** Until a gap of a paced device ends. */
  readonly #gaps = new Map<string, NodeJS.Timeout>();
  readonly #poll: NodeJS.Timeout;
  #running: Promise<void> | null = null;
  #polls = 0;
  #stopped = false;

  constructor(services: {
    db: Db;
    engine: Engine;
    /** Has a message's file uploaded; without it messages with files are refused. */
    withFile?: Uploads['withFile'];
    log: Logger;
    clock?: Clock;
    paceWhatsapp?: boolean;
  }) {
    const { db, engine, withFile, log, clock = systemClock, paceWhatsapp = true } = services;
    this.#db = db;
    this.#engine = engine;
    this.#withFile = withFile ?? (async (_of, { body }) => body);
    this.#log = log;
    this.#pacer = new Pacer({ db, clock, paceWhatsapp, wakeIn: (deviceId, ms) => this.#wakeIn(deviceId, ms) });
    // Wake-ups are hints; the poll is what makes a lost one harmless.
    this.#poll = setInterval(() => this.#pollAll(), POLL_MS);
    this.#poll.unref();
  }

  /**
   * The device's session is open: everything it had on the way before is unknown and goes again. Where the session is
   * not new, only what it may send has changed.
   */
  async online(device: { workspaceId: string; deviceId: string }, isNew = true): Promise<void> {
    if (!isNew && this.#online.has(device.deviceId)) {
      await this.#pacer.load([device.deviceId]);
      this.wake(device.deviceId, true);
      return;
    }
    const opening = Symbol(device.deviceId);
    this.#opening.set(device.deviceId, opening);
    await this.#ready(device, opening);
    faultPoint('online.unclaimed');
    if (this.#opening.get(device.deviceId) !== opening) return;
    this.#opening.delete(device.deviceId);
    this.#online.set(device.deviceId, { ...device, onTheWay: new Set() });
    this.wake(device.deviceId);
  }

  // Until it is done, or this opening is not wanted any more: nobody else would begin it again before the next connection.
  async #ready(device: { workspaceId: string; deviceId: string }, opening: symbol): Promise<void> {
    for (let tries = 0; !this.#stopped && this.#opening.get(device.deviceId) === opening; tries++) {
      try {
        await unclaimDevice(this.#db, device);
        return await this.#pacer.load([device.deviceId]);
      } catch (error) {
        this.#log.error({ err: error, deviceId: device.deviceId }, 'an outbox did not open; trying again');
        await new Promise<void>((resolve) => setTimeout(resolve, pauseMs(tries)).unref());
      }
    }
  }

  offline(deviceId: string): void {
    this.#opening.delete(deviceId);
    this.#online.delete(deviceId);
    this.#woken.delete(deviceId);
    this.#urgent.delete(deviceId);
    this.#pacer.forget(deviceId);
    clearTimeout(this.#gaps.get(deviceId));
    this.#gaps.delete(deviceId);
  }

  /** WhatsApp answered for a message: there is room for another. */
  settled(deviceId: string, messageId: string): void {
    const device = this.#online.get(deviceId);
    if (device?.onTheWay.delete(messageId)) this.wake(deviceId);
  }

  /** Chats became one: their messages stay in order. */
  merged(chats: readonly { from: string; to: string }[]): void {
    this.#busyChats.merged(chats);
  }

  wake(deviceId: string, urgent = false): void {
    if (this.#stopped || !this.#online.has(deviceId)) return;
    if (urgent) this.#urgent.add(deviceId);
    this.#woken.add(deviceId);
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
      if (this.#woken.size > 0 && !this.#stopped) this.#rewake();
    });
  }

  /** Reads anew how the devices here are paced: some of it was changed. */
  refreshPacing(): void {
    const ids = [...this.#online.keys()];
    this.#pacer.load(ids).then(
      () => {
        for (const id of ids) this.wake(id, true);
      },
      (error: unknown) => this.#log.error({ err: error }, 'pacing was not read; it stays as it was'),
    );
  }

  #wakeIn(deviceId: string, ms: number): void {
    clearTimeout(this.#gaps.get(deviceId));
    const timer = setTimeout(() => {
      this.#gaps.delete(deviceId);
      this.wake(deviceId, true);
    }, ms);
    timer.unref();
    this.#gaps.set(deviceId, timer);
  }

  #rewake(): void {
    for (const id of [...this.#woken]) if (!this.#online.has(id)) this.#woken.delete(id);
    const [next] = this.#woken;
    if (next !== undefined) this.wake(next);
  }

  #pollAll(): void {
    for (const id of this.#online.keys()) this.wake(id, true);
    this.#polls += 1;
    if (this.#polls % PACING_POLLS === 0) this.refreshPacing();
  }

  async #drain(): Promise<void> {
    while (this.#woken.size > 0 && !this.#stopped) {
      const devices = [...this.#woken].flatMap((id) => this.#online.get(id) ?? []);
      this.#woken.clear();
      const from = performance.now();
      try {
        await this.#claimFor(devices);
      } catch (error) {
        this.#log.error({ err: error }, 'outbox claim failed; trying again with the next poll');
        return;
      }
      // Under load a claim is due at every moment. One that waits as long as the last one took finds more chats free.
      if (this.#woken.size > 0) await sleep(Math.min(performance.now() - from, MAX_REST_MS));
    }
  }

  async #claimFor(devices: readonly OnlineDevice[]): Promise<void> {
    const requests = this.#requestsOf(devices);
    if (requests.length === 0) return;
    faultPoint('dispatch.before-claim');
    const busy = this.#busyChats.of(new Set(requests.map((request) => request.deviceId)));
    const rows = await this.#claim(requests, busy);
    if (rows.length === 0) return;
    faultPoint('dispatch.after-claim');
    for (const chat of byChat(rows)) this.#dispatch(chat);
    faultPoint('dispatch.handed-over');
  }

  #requestsOf(devices: readonly OnlineDevice[]): ClaimRequest[] {
    const requests = devices
      .map((d) => ({
        workspaceId: d.workspaceId,
        deviceId: d.deviceId,
        room: WINDOW - d.onTheWay.size,
        urgentRoom: WINDOW + URGENT_RESERVE - d.onTheWay.size,
        bulkRoom: BULK_WINDOW - d.onTheWay.size,
      }))
      .filter(({ room, urgentRoom, deviceId }) => {
        const urgent = urgentRoom > 0 && this.#urgent.has(deviceId);
        return urgent || (room > 0 && !this.#pacer.rests(deviceId));
      });
    for (const { deviceId } of devices) this.#urgent.delete(deviceId);
    return requests;
  }

  // Devices that are not paced cost the one statement they always did.
  async #claim(requests: readonly ClaimRequest[], busy: readonly string[]): Promise<ClaimedRow[]> {
    const paced = requests.filter(({ deviceId }) => this.#pacer.paces(deviceId));
    const free = requests.filter(({ deviceId }) => !this.#pacer.paces(deviceId));
    const again = (deviceId: string) => this.wake(deviceId, true);
    const claims = await Promise.all([
      free.length > 0 ? claimPortion(this.#db, { requests: free, busy, again }) : [],
      paced.length > 0 ? this.#pacer.claim(paced, busy) : [],
    ]);
    return claims.flat();
  }

  #dispatch(chat: readonly ClaimedRow[]): void {
    const [first] = chat;
    const device = first && this.#online.get(first.device_id);
    // Gone offline meanwhile: the claim is undone when it comes back.
    if (!device) return;
    this.#busyChats.add(first.conversation_id, first.device_id);
    for (const row of chat) device.onTheWay.add(row.id);
    void this.#carry(device, [...chat]).finally(() => {
      this.#busyChats.delete(first.conversation_id);
      this.wake(first.device_id);
    });
  }

  /** Sends a chat's messages in order. What follows one that did not leave goes back in line behind it. */
  async #carry(device: OnlineDevice, chat: ClaimedRow[]): Promise<void> {
    try {
      while (chat[0] !== undefined && this.#stands(device, chat[0])) {
        const { left, error } = await this.#attempt(device, chat);
        chat.splice(0, left);
        const stopped = chat[0];
        if (error === undefined || stopped === undefined) continue;
        const final = finalError(error);
        if (final === null) {
          await this.#pause(device, stopped, error);
          break;
        }
        await this.#end(device, stopped, final);
        chat.shift();
      }
      await this.#giveBack(device, chat);
    } catch (error) {
      this.#log.error({ err: error, messageId: chat[0]?.id }, 'could not record a failed send; it goes again later');
      await this.#giveBackLater(device, chat);
    }
  }

  #stands(device: OnlineDevice, row: ClaimedRow): boolean {
    return !this.#stopped && this.#online.get(row.device_id) === device && device.onTheWay.has(row.id);
  }

  /**
   * Hands a chat's messages over at once, up to the first that cannot go, so that none waits for the flush of the one
   * before it. Tells how many have left, and why no more did.
   */
  async #attempt(device: OnlineDevice, chat: readonly ClaimedRow[]): Promise<{ left: number; error?: unknown }> {
    const ready: Outbound[] = [];
    let error: unknown;
    for (const row of chat) {
      if (!this.#stands(device, row)) break;
      // A file may have to be uploaded first, and what stands ahead of it does not wait for that.
      if (ready.length > 0 && isMediaKind(row.type)) break;
      try {
        ready.push(await this.#outbound(row));
      } catch (reason) {
        error = reason ?? unknownFailure();
        break;
      }
    }
    const [first, ...behind] = ready;
    if (first === undefined) return { left: 0, error };
    try {
      await this.#engine.send(device.deviceId, first, behind);
    } catch (reason) {
      return { left: reason instanceof EngineSendError ? reason.left : 0, error: reason ?? unknownFailure() };
    }
    faultPoint('dispatch.left');
    return { left: ready.length, error };
  }

  async #outbound(row: ClaimedRow): Promise<Outbound> {
    // Asked of the contact as it stood at the claim: an opt-out holds for what was accepted before it, or beside it.
    if (row.opted_out) throw new OptedOutError();
    const to = addressOf(row);
    if (!to) throw new EngineSendError('unsupported', 'the conversation has no address', false);
    const stored = await bodyOf(this.#db, row);
    if (!stored) throw new EngineSendError('unsupported', 'the message has no content that can be sent', false);
    const body = await this.#withFile({ workspaceId: row.workspace_id, deviceId: row.device_id }, stored);
    // An upload may take longer than a claim lasts: then the message goes with the next one, and its file is there.
    if (!this.#online.get(row.device_id)?.onTheWay.has(row.id))
      throw new EngineSendError('not_open', 'the message went back in line while its file was uploaded', true);
    const audience = to.kind === 'status' ? await audienceOf(this.#db, row) : undefined;
    const again = row.attempts > 1 ? ({ again: true } as const) : {};
    return { ...body, messageId: row.id, waId: row.wa_id, to, ...audience, ...again };
  }

  async #giveBack(device: OnlineDevice, rows: readonly ClaimedRow[]): Promise<void> {
    if (rows.length === 0) return;
    for (const row of rows) device.onTheWay.delete(row.id);
    await unclaimMessages(this.#db, rows);
  }

  // Until it is done the chat stays busy: a later message, claimed meanwhile, would overtake these.
  async #giveBackLater(device: OnlineDevice, rows: readonly ClaimedRow[]): Promise<void> {
    for (let tries = 0; !this.#stopped; tries++) {
      await new Promise<void>((resolve) => setTimeout(resolve, pauseMs(tries)).unref());
      const done = await this.#giveBack(device, rows).then(
        () => true,
        () => false,
      );
      if (done) return;
    }
  }

  async #end(device: OnlineDevice, row: ClaimedRow, error: MessageError): Promise<void> {
    device.onTheWay.delete(row.id);
    await endMessages(this.#db, { status: 'failed', error }, [{ id: row.id, workspaceId: row.workspace_id }]);
  }

  // The chat stays busy for the pause: a later message must not overtake this one.
  async #pause(device: OnlineDevice, row: ClaimedRow, error: unknown): Promise<void> {
    device.onTheWay.delete(row.id);
    this.#log.warn(
      { err: error, messageId: row.id, deviceId: row.device_id },
      'send did not reach the wire; trying again',
    );
    await new Promise<void>((resolve) => setTimeout(resolve, pauseMs(row.attempts)).unref());
  }

  /** Sends again what WhatsApp has not answered for too long. */
  async retrySilent(): Promise<void> {
    if (this.#online.size === 0) return;
    const rows = await unclaimSilent(this.#db, [...this.#online.keys()], SILENT_MS);
    for (const row of rows) {
      this.#online.get(row.device_id)?.onTheWay.delete(row.message_id);
      this.wake(row.device_id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    for (const timer of this.#gaps.values()) clearTimeout(timer);
    await this.#running;
  }
}
