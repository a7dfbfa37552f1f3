import type { BinaryNode } from 'baileys';
import { EngineAskError, type NumberFact } from '../../../asks.ts';
import { lidUser, phoneUser } from '../address.ts';
import { child, children, node, textOf } from './nodes.ts';
import { type AskTools, query, SERVER } from './tools.ts';

/** Numbers a session may ask about at once, and how fast that allowance grows again: who asks faster looks like a crawler. */
const BURST = 300;
const PER_MINUTE = 100;

/** How many numbers may still be asked about. One for each session: a device has one session, wherever it runs. */
export class NumberAllowance {
  #left = BURST;
  #at: number;

  constructor(now = Date.now()) {
    this.#at = now;
  }

  /** Throws `too_fast` with the time after which so many may be asked. */
  take(count: number, now = Date.now()): void {
    // A clock set back takes nothing away: the allowance grows on from the earlier time.
    const elapsed = Math.max(0, now - this.#at);
    this.#at = now;
    this.#left = Math.min(BURST, this.#left + (elapsed / 60_000) * PER_MINUTE);
    if (count > this.#left) {
      const retryAfterMs = Math.ceil(((count - this.#left) / PER_MINUTE) * 60_000);
      throw new EngineAskError('too_fast', 'this device has asked about many people lately', { retryAfterMs });
    }
    this.#left -= count;
  }
}

/** Asks WhatsApp which of these numbers have an account, under which number and LID (`usync`, as its own clients do). */
export async function checkNumbers(tools: AskTools, phones: readonly string[]): Promise<NumberFact[]> {
  const users = phones.map((phone) => node('user', {}, [node('contact', {}, phone)]));
  const attrs = { sid: `${Date.now()}`, mode: 'query', last: 'true', index: '0', context: 'interactive' };
  const asked = node('usync', attrs, [node('query', {}, [node('contact'), node('lid')]), node('list', {}, users)]);
  const answer = await query(tools, { to: SERVER, xmlns: 'usync', type: 'get' }, asked);
  const found = children(child(child(answer, 'usync'), 'list'), 'user');
  const byPhone = new Map(found.map((user) => [askedNumber(user), user]));
  return phones.map((phone, at) => {
    // The server repeats what was asked; where it does not, it keeps the order.
    const user = byPhone.get(phone) ?? (found.length === phones.length ? found[at] : undefined);
    return factOf(phone, user);
  });
}

/** The number a `<user>` answers: what its `<contact>` repeats, else its address. */
function askedNumber(user: BinaryNode): string {
  const repeated = textOf(child(user, 'contact')).replace(/\D/g, '');
  return `+${repeated || (phoneUser(user.attrs.jid) ?? '')}`;
}

function factOf(phone: string, user: BinaryNode | undefined): NumberFact {
  if (child(user, 'contact')?.attrs.type !== 'in') return { phone, exists: false };
  const number = phoneUser(user?.attrs.jid);
  const lid = lidUser(child(user, 'lid')?.attrs.val);
  return {
    phone,
    exists: true,
    ...(number === undefined ? {} : { canonicalPhone: `+${number}` }),
    ...(lid === undefined ? {} : { lid }),
  };
}
