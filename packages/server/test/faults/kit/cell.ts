import { setTimeout as sleep } from 'node:timers/promises';
import { type Json, objectOf, rowsOf } from '../../kit/api.ts';
import { expectOk } from '../../kit/sandbox-device.ts';
import type { FaultCase, Subject } from './cases.ts';
import { DEADLINE_SECONDS, MOVES, overdueStays } from './overdue.ts';
import type { Scene } from './scene.ts';

export type Task = 'link' | 'send' | 'receive';

/** What became of one task under one fault; `found` is empty where it survived. */
export interface Cell {
  fault: string;
  task: Task;
  found: string[];
}

/** After so long without any change nothing more will come. */
const STALLED_MS = 45_000;
const POLL_MS = 200;
const WAITING = ['queued', 'held', 'sending'];
/** The phones confirm everything, so `sent` is not the end either. */
const OPEN = [...WAITING, 'sent'];
const EACH = 3;
/** So many at once are still leaving when the first has arrived. */
const MANY = 40;

/** Runs one fault through linking, then through sending and receiving at the same time. */
export async function runCase(scene: Scene, fault: FaultCase): Promise<Cell[]> {
  const subject: Subject = { scene, deviceId: await scene.newDevice(), phone: await scene.newPhone() };
  const link = await found(() => linkUnder(fault, subject));
  const cells: Cell[] = [{ fault: fault.name, task: 'link', found: link }];
  if (link.length > 0) return cells;
  const friend = await scene.newPhone({ autoRead: false });
  const traffic = new Traffic(subject, fault, friend);
  const ran = await found(() => traffic.run());
  return [
    ...cells,
    { fault: fault.name, task: 'send', found: ran.length > 0 ? ran : await found(() => traffic.judgeSent()) },
    { fault: fault.name, task: 'receive', found: ran.length > 0 ? ran : await found(() => traffic.judgeReceived()) },
  ];
}

/** The offenders a check names, or its failure as one. */
async function found(check: () => Promise<string[]>): Promise<string[]> {
  return check().catch((error: unknown) => [error instanceof Error ? error.message : String(error)]);
}

async function linkUnder(fault: FaultCase, subject: Subject): Promise<string[]> {
  const { scene, deviceId, phone } = subject;
  if (fault.lasting) await fault.begin(subject);
  await expectOk(scene.scan(phone, await scene.beginLink(deviceId)));
  if (!fault.lasting) await fault.begin(subject);
  await fault.end?.(subject);
  const linked = objectOf(await scene.state(deviceId, 'connected'), 'account')['phone'];
  return [
    ...(linked === phone ? [] : [`lost: the device is linked to ${String(linked)}`]),
    ...(await strayLinks(fault, subject)),
    ...(await overdue(subject)),
  ];
}

/** However often it was tried, the phone lists one device. */
async function strayLinks({ leavesLinks }: FaultCase, { scene, phone }: Subject): Promise<string[]> {
  const listed = await scene.companions(phone);
  const links = leavesLinks ? listed.filter(({ connected }) => connected) : listed;
  return once('the link', links.length, 'the phone');
}

async function overdue({ scene, deviceId }: Subject): Promise<string[]> {
  return overdueStays(await scene.events(deviceId, MOVES), Date.now());
}

/** Messages both ways before, while and after something goes wrong, and what became of each. */
class Traffic {
  readonly #subject: Subject;
  readonly #fault: FaultCase;
  readonly #friend: string;
  /**
   * Texts by the id of their message; `refusable` where they left while WhatsApp refused, `unheard` where their receipts
   * may have gone to a link that was taken away.
   */
  readonly #sent = new Map<string, { text: string; refusable?: boolean; unheard?: boolean }>();
  readonly #written: string[] = [];

  constructor(subject: Subject, fault: FaultCase, friend: string) {
    this.#subject = subject;
    this.#fault = fault;
    this.#friend = friend;
  }

  async run(): Promise<string[]> {
    const { deviceId, scene } = this.#subject;
    await this.#both('before');
    // What a phone takes from its devices it takes at once: what is on its way to them then is not theirs any more.
    // What is on its way when WhatsApp begins to refuse would be refused too.
    if (this.#fault.unlinks || this.#fault.refuses) await this.#settled();
    if (this.#fault.midSend) await this.#beginMidSend();
    else await this.#fault.begin(this.#subject);
    if (this.#fault.unlinks) await this.#send('while');
    else await this.#both('while');
    await this.#fault.end?.(this.#subject);
    await scene.state(deviceId, 'connected');
    await this.#both('after');
    await this.#settled();
    const { body } = await scene.api.get(`/v1/devices/${deviceId}`);
    const state = String(body['state']);
    const last = DEADLINE_SECONDS.has(state) ? [`stuck: the device is ${state}`] : [];
    return [...last, ...(await overdue(this.#subject))];
  }

  /** Begins it when the first of many messages has arrived, and the others are on their way. */
  async #beginMidSend(): Promise<void> {
    const { scene, deviceId } = this.#subject;
    const texts = Array.from({ length: MANY }, (_, n) => `${deviceId} sends ${n} mid-send`);
    const messages = texts.map((body) => ({ deviceId, to: this.#friend, type: 'text', text: { body } }));
    const [accepted] = await Promise.all([
      expectOk(scene.api.post('/v1/messages/batch', { messages })),
      scene.control.call('phones.expect', { number: this.#friend, text: texts[0], timeoutMs: 60_000 }),
    ]);
    await this.#fault.begin(this.#subject);
    for (const [n, row] of rowsOf(accepted).entries())
      this.#sent.set(String(row['id']), { text: texts[n] ?? '', unheard: true });
  }

  async #both(when: string): Promise<void> {
    await Promise.all([this.#send(when), this.#write(when)]);
  }

  async #send(when: string): Promise<void> {
    const { scene, deviceId } = this.#subject;
    for (let n = 0; n < EACH; n += 1) {
      const text = `${deviceId} sends ${n} ${when}`;
      const body = { deviceId, to: this.#friend, type: 'text', text: { body: text }, requireOnline: false };
      const { id } = await expectOk(scene.api.post('/v1/messages', body));
      this.#sent.set(String(id), { text, refusable: when === 'while' && this.#fault.refuses !== undefined });
    }
  }

  async #write(when: string): Promise<void> {
    const { scene, deviceId, phone } = this.#subject;
    for (let n = 0; n < EACH; n += 1) {
      const text = `${deviceId} gets ${n} ${when}`;
      await expectOk(scene.api.post(`/v1/sandbox/phones/${this.#friend}/messages`, { to: phone, text }));
      this.#written.push(text);
    }
  }

  /** Until everything has arrived at both ends, or nothing has moved for a while: the lists then say what is missing. */
  async #settled(): Promise<void> {
    let seen = '';
    for (let movedAt = Date.now(); Date.now() - movedAt < STALLED_MS; await sleep(POLL_MS)) {
      const [out, back] = await Promise.all([this.#outbound(), this.#inbound()]);
      const open = out.filter((row) => this.#isOpen(row)).map(({ id, status }) => `${id} ${status}`);
      if (open.length === 0 && back.length >= this.#written.length) return;
      const now = `${open.join()} ${back.length}`;
      if (now !== seen) movedAt = Date.now();
      seen = now;
    }
  }

  #isOpen({ id, status }: Json): boolean {
    return (this.#sent.get(String(id))?.unheard ? WAITING : OPEN).includes(String(status));
  }

  async #list(direction: string): Promise<Json[]> {
    const { scene, deviceId } = this.#subject;
    return rowsOf((await scene.api.get(`/v1/messages?deviceId=${deviceId}&direction=${direction}&limit=100`)).body);
  }

  #outbound = () => this.#list('outbound');
  #inbound = () => this.#list('inbound');

  async judgeSent(): Promise<string[]> {
    const { control } = this.#subject.scene;
    const { messages } = await control.call('phones.inbox', { number: this.#friend, own: false, limit: 1_000 });
    const rows = new Map((await this.#outbound()).map((row) => [String(row['id']), row]));
    return [...this.#sent].flatMap(([id, { text, refusable }]) => {
      const shown = messages.filter((entry) => entry.text === text).length;
      const row = rows.get(id) ?? {};
      const status = String(row['status']);
      if (WAITING.includes(status)) return [`stuck: ${text} is ${status} (${String(row['heldReason'])})`];
      const isRefused = status === 'failed' && objectOf(row, 'error')['providerCode'] === this.#fault.refuses;
      if (refusable && isRefused && shown === 0) return [];
      if (status === 'failed') return [`lost: ${text} failed: ${JSON.stringify(row['error'])}`];
      return once(text, shown, 'the phone');
    });
  }

  async judgeReceived(): Promise<string[]> {
    const { scene, deviceId } = this.#subject;
    const stored = (await this.#inbound()).map((row) => objectOf(row, 'text')['body']);
    const events = (await scene.events(deviceId, 'message.received')).map(
      (event) => objectOf(objectOf(event, 'message'), 'text')['body'],
    );
    return this.#written.flatMap((text) => [
      ...once(text, stored.filter((one) => one === text).length, 'rows'),
      ...once(text, events.filter((one) => one === text).length, 'events'),
    ]);
  }
}

function once(text: string, times: number, where: string): string[] {
  if (times === 1) return [];
  return [times === 0 ? `lost: ${text} in ${where}` : `doubled: ${text} in ${where}, ${times} times`];
}
