import type { Companion } from '../accounts.ts';
import { child, type Node, node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import { type Core, nowSeconds, stanzaId } from '../core.ts';
import { SandboxError } from '../errors.ts';
import { addressOf, deliver } from '../routing/deliver.ts';
import type { Phone } from './phone.ts';
import { resolveTarget } from './sending.ts';

const CALL_LIMIT = 200;

/** How a call ends: the caller hangs up, nobody answers, or the one who is called answers or rejects on its own phone. */
export type CallEnd = 'hang_up' | 'timeout' | 'answer' | 'reject';

/** A call, as both phones know it. */
export interface PhoneCall {
  readonly id: string;
  /** Phone-number addresses. */
  readonly from: string;
  readonly to: string;
  readonly video: boolean;
  readonly at: number;
  end: CallEnd | undefined;
}

/** What WhatsApp tells the called account's devices of each end. */
const REASON: Record<CallEnd, string | undefined> = {
  hang_up: undefined,
  timeout: 'timeout',
  answer: 'accepted_elsewhere',
  reject: 'rejected_elsewhere',
};

/** Rings somebody. Throws NOT_ON_WHATSAPP; groups are not called here. */
export function startCall(phone: Phone, to: string, video: boolean): PhoneCall {
  const { core, account } = phone;
  phone.assertOnline();
  const target = resolveTarget(core, to);
  if ('members' in target) throw new SandboxError('BAD_REQUEST', 'simulated phones call people, not groups');
  const id = core.random.hex(16).toUpperCase();
  const call: PhoneCall = { id, from: account.jid, to: target.jid, video, at: Date.now(), end: undefined };
  for (const one of [phone, target.phone]) remember(one, call);
  const media = [node('audio', { enc: 'opus', rate: '16000' }), ...(video ? [node('video', { enc: 'vp8' })] : [])];
  for (const device of target.devices.values()) ring(core, device, call, node('offer', names(core, call), media));
  return call;
}

/** Ends a call that rings. Throws NOT_FOUND. `by` is the linked device that ended it: it is not told. */
export function endCall(phone: Phone, id: string, end: CallEnd, by?: Companion): void {
  const { core } = phone;
  const call = phone.calls.get(id);
  if (!call || call.end !== undefined) throw new SandboxError('NOT_FOUND', `no call ${id} rings`);
  call.end = end;
  const reason = REASON[end];
  const attrs = { ...names(core, call), ...(reason === undefined ? {} : { reason }) };
  for (const device of core.registry.byJid(call.to)?.devices.values() ?? [])
    if (device !== by) ring(core, device, call, node('terminate', attrs));
  core.events.emit('changed');
}

/** Takes what a linked device says of a call: that it rejects it. */
export function routeCall(_core: Core, connection: Connection, item: Node): void {
  const me = connection.device;
  const { id, to } = item.attrs;
  if (!me || !id || !to) return;
  connection.send(node('ack', { id, class: 'call', from: to }));
  const callId = child(item, 'reject')?.attrs['call-id'];
  const call = callId === undefined ? undefined : me.account.phone.calls.get(callId);
  if (call && call.end === undefined) endCall(me.account.phone, call.id, 'reject', me);
}

function names(core: Core, call: PhoneCall): Record<string, string> {
  const caller = core.registry.byJid(call.from);
  const creator = caller ? addressOf(caller, core.options.addressing) : call.from;
  return { 'call-id': call.id, 'call-creator': creator, caller_pn: call.from };
}

function ring(core: Core, device: Companion, call: PhoneCall, content: Node): void {
  const from = content.attrs['call-creator'] ?? call.from;
  deliver(core, device, node('call', { from, id: stanzaId(core, 'c'), t: nowSeconds() }, [content]));
}

function remember(phone: Phone, call: PhoneCall): void {
  phone.calls.set(call.id, call);
  const [oldest] = phone.calls.keys();
  if (phone.calls.size > CALL_LIMIT && oldest !== undefined) phone.calls.delete(oldest);
}
