import { type ApiClient, errorOf, type Reply } from '../../kit/api.ts';

interface Message {
  key: string;
  text: string;
}

/** A message the gateway has answered for with 202. */
export interface Accepted extends Message {
  id: string;
}

const isPassing = (reply: Reply): boolean =>
  reply.status >= 500 || errorOf(reply)['code'] === 'IDEMPOTENCY_IN_PROGRESS';

/**
 * One chat as a careful client keeps it: one message after the other; an answer that never came is asked for again with
 * the same Idempotency-Key, in the next life if need be. So the order of a chat is known to the last message.
 */
export class Lane {
  readonly name: string;
  readonly deviceId: string;
  /** E.164. */
  readonly to: string;
  readonly accepted: Accepted[] = [];
  /** Answers that came from the stored reply of a request whose answer was lost. */
  replayed = 0;
  #open: Message | null = null;

  constructor(chat: { name: string; deviceId: string; to: string }) {
    this.name = chat.name;
    this.deviceId = chat.deviceId;
    this.to = chat.to;
  }

  /** Tries to get the next message accepted. False when it is not known whether it was. Throws on a refusal. */
  async post(api: ApiClient): Promise<boolean> {
    const number = this.accepted.length;
    this.#open ??= { key: `${this.name}-${number}`, text: `${this.name} no. ${number}` };
    const reply = await this.#request(api, this.#open).catch(() => null);
    if (reply === null || isPassing(reply)) return false;
    if (reply.status !== 202) throw new Error(`refused with ${reply.status}: ${JSON.stringify(reply.body)}`);
    if (reply.headers.get('idempotency-replayed') === 'true') this.replayed += 1;
    this.accepted.push({ ...this.#open, id: String(reply.body['id']) });
    this.#open = null;
    return true;
  }

  /** Asks for an accepted message once more; answers the id the key gives now. */
  async again(api: ApiClient, message: Accepted): Promise<string> {
    const reply = await this.#request(api, message);
    return reply.headers.get('idempotency-replayed') === 'true'
      ? String(reply.body['id'])
      : `not replayed: ${reply.status}`;
  }

  #request(api: ApiClient, { key, text }: Message) {
    const body = { deviceId: this.deviceId, to: this.to, type: 'text', text: { body: text } };
    return api.post('/v1/messages', body, { 'idempotency-key': key });
  }
}
