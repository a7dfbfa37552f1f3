import type { Account, Companion } from '../accounts.ts';
import type { Message } from '../codec/message.ts';
import type { Node } from '../codec/node.ts';
import { buildContent, type Content, editOf } from '../content/build.ts';
import { type Core, stanzaId } from '../core.ts';
import { SandboxError } from '../errors.ts';
import { takeBundle } from '../keys.ts';
import { defaultBehaviour, type PhoneBehaviour } from './behaviour.ts';
import type { PhoneCall } from './calling.ts';
import { PhoneFiles } from './files.ts';
import { Inbox, type InboxEntry } from './inbox.ts';
import { scanQr, typeLinkCode, unlinkDevice } from './linking.ts';
import type { PhoneHistory } from './onboarding.ts';
import { sendChatstate } from './presence.ts';
import { markRead } from './receipts.ts';
import { acceptEnvelope, type Envelope } from './receiving.ts';
import { type SendOptions, type SentMessage, sendMessage } from './sending.ts';
import { PhoneSignal } from './signal.ts';

const SENT_LIMIT = 1_000;
const RECEIPT_LIMIT = 5_000;

/** A receipt that reached the phone, about a message of its account. */
export interface PhoneReceipt {
  readonly id: string;
  /** `delivered`, `read`, `played`, `retry` … */
  readonly type: string;
  /** Phone-number address of the account that sent it. */
  readonly from: string;
  readonly chat: string;
  readonly at: number;
}

/** The simulated phone of one account: device 0, holder of the identity, the thing that scans and shows messages. */
export class Phone {
  readonly kind = 'phone';
  readonly id = 0;
  readonly core: Core;
  readonly account: Account;
  readonly inbox: Inbox;
  readonly files = new PhoneFiles();
  readonly auto: PhoneBehaviour = defaultBehaviour();
  readonly receipts: PhoneReceipt[] = [];
  /** Latest typing state of others, by phone-number address: `composing`, `recording` or `paused`. */
  readonly typing = new Map<string, string>();
  /** Calls of late, made and received. */
  readonly calls = new Map<string, PhoneCall>();
  /** What this phone sent lately, for devices that could not decrypt it. */
  readonly sent = new Map<string, SentMessage>();
  /** Devices that have this phone's sender key, by group. */
  readonly senderKeyHolders = new Map<string, Set<Companion>>();
  /** Envelopes waiting for an offline phone. */
  readonly pending: Envelope[] = [];
  /** Ids confirmed in sink mode, for counting duplicates. */
  readonly sinkIds = new Set<string>();
  /** What a newly linked device is given as history. */
  history: PhoneHistory = {};
  #online = true;
  #signal: PhoneSignal | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(core: Core, account: Account) {
    this.core = core;
    this.account = account;
    this.inbox = new Inbox(core.options.inboxLimit);
  }

  get jid(): string {
    return this.account.jid;
  }

  get lid(): string {
    return this.account.lid;
  }

  /** Made when first needed: most numbers are only ever recipients in a load test. */
  get signal(): PhoneSignal {
    this.#signal ??= new PhoneSignal({
      seed: this.core.options.seed,
      user: this.account.user,
      takeBundle: (device) => takeBundle(this.core, device),
    });
    return this.#signal;
  }

  /** The Signal half, if it was ever needed. */
  get signalIfAny(): PhoneSignal | undefined {
    return this.#signal;
  }

  get online(): boolean {
    return this.#online;
  }

  /** An offline phone receives and confirms nothing; what waits is handled when it comes back. */
  set online(online: boolean) {
    this.#online = online;
    this.core.events.emit('changed');
    if (!online) return;
    for (const envelope of this.pending.splice(0)) this.enqueue(() => acceptEnvelope(this, envelope));
  }

  /** Scans a QR text (URL form or bare parts) and links its device. Throws QR_UNKNOWN, QR_EXPIRED, TIMEOUT. */
  scan(qr: string): Promise<Companion> {
    this.assertOnline();
    return scanQr(this, qr);
  }

  /** Types the pairing code shown by a device. Throws LINK_CODE_UNKNOWN, and whatever a wrong code leads to. */
  typeCode(code: string): Promise<Companion> {
    this.assertOnline();
    return typeLinkCode(this, code);
  }

  /** Removes a linked device; its client is told 401 and may not come back. */
  unlink(deviceId: number): void {
    unlinkDevice(this, deviceId);
  }

  /** Sends any message to a number, address or group; resolves with its id when it is on its way. */
  send(to: string, message: Message, options: SendOptions = {}): Promise<string> {
    this.assertOnline();
    return sendMessage(this, to, message, options);
  }

  /** Does what a person does: any kind of content, a reaction, an edit, a revoke, a vote. Throws NOT_FOUND for an unknown id. */
  async play(to: string, content: Content, options: SendOptions = {}): Promise<string> {
    const edit = editOf(this, content);
    return this.send(to, buildContent(this, content), { ...(edit === undefined ? {} : { edit }), ...options });
  }

  sendText(to: string, body: string, options: SendOptions = {}): Promise<string> {
    return this.send(to, { conversation: body }, options);
  }

  /** Opens a message: its author gets a read receipt, the account's own devices see it as read. Throws NOT_FOUND. */
  read(id: string): void {
    this.assertOnline();
    markRead(this, id);
  }

  /** Shows `composing`, `recording` or `paused` to the other side. */
  chatstate(to: string, state: string): void {
    sendChatstate(this, to, state);
  }

  /** The first message that matches, already there or yet to come. Throws TIMEOUT. */
  expect(match: (entry: InboxEntry) => boolean = () => true, timeoutMs = 10_000): Promise<InboxEntry> {
    return this.inbox.expect(match, timeoutMs);
  }

  /** Takes a message stanza addressed to this phone. */
  receive(envelope: Envelope): void {
    if (!this.#online) {
      if (this.pending.length >= this.core.options.queueLimit) this.pending.shift();
      this.pending.push(envelope);
      return;
    }
    this.enqueue(() => acceptEnvelope(this, envelope));
  }

  noteReceipt(receipt: PhoneReceipt, item: Node): void {
    this.receipts.push(receipt);
    if (this.receipts.length > RECEIPT_LIMIT) this.receipts.splice(0, RECEIPT_LIMIT / 10);
    this.core.events.emit('phoneReceipt', this.account, item);
  }

  rememberSent(id: string, sent: SentMessage): void {
    this.sent.set(id, sent);
    this.files.keep(this.core, id, sent.message);
    if (this.sent.size <= SENT_LIMIT) return;
    const [oldest] = this.sent.keys();
    if (oldest !== undefined) this.sent.delete(oldest);
  }

  /** Message id as a phone makes it: `3A` and 18 hex digits. */
  newMessageId(): string {
    return `3A${this.core.random.hex(9).toUpperCase()}`;
  }

  newStanzaId(): string {
    return stanzaId(this.core, 'p');
  }

  /** Runs work after what the phone already has to do; failures are reported, not thrown. */
  enqueue(task: () => Promise<void> | void): void {
    this.#work = this.#work
      .then(task)
      .catch((error: unknown) => this.core.events.emit('phoneError', this.account, error));
  }

  /** Resolves when the phone has done what it has to do right now. */
  settled(): Promise<void> {
    return this.#work;
  }

  assertOnline(): void {
    if (!this.#online) throw new SandboxError('PHONE_OFFLINE', `the phone of ${this.account.user} is offline`);
  }

  close(): void {
    this.#signal?.close();
  }
}
