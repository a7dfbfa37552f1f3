import type { AuthenticationCreds, BinaryNode } from 'baileys';
import { faultPoint } from '../../../platform/fault-points.ts';
import type { SessionFact } from '../../port.ts';
import { callOf } from './calls.ts';
import type { GroupCache } from './group-cache.ts';
import type { LiveSocket } from './live-socket.ts';
import type { OfflineDrain } from './offline-drain.ts';
import { pictureNewsOf } from './pictures.ts';
import { offeredPreKeys } from './prekeys.ts';
import { ownReadOf, reportOfAck, reportsOfReceipt } from './reports.ts';
import type { InboundTap } from './signal.ts';
import type { WriteStream } from './write-stream.ts';

export interface ListenerDeps {
  creds: AuthenticationCreds;
  stream: WriteStream;
  tap: InboundTap;
  groups: GroupCache;
  /** A notification said that a group changed. */
  groupChanged: (groupId: string) => void;
  /** What somebody is seen doing. */
  presence: (node: BinaryNode) => void;
  /** The ids of the prekeys WhatsApp still offers. */
  offered: (ids: number[]) => void;
  fact: (fact: SessionFact) => void;
  receipt: (waIds: string[]) => void;
  /** The server's word on a message of ours: taken, or refused with a code. */
  acked: (waId: string, code: string | undefined) => void;
  drain: OfflineDrain;
}

/**
 * Reads stanzas before Baileys does: what they say is pushed to the write stream first, so the acknowledgement Baileys
 * makes for them is gated behind its commit. Acks and receipts are read here and not from Baileys' events, where fast
 * ones arrive folded into other updates (trap 2).
 */
export function listenToStanzas(live: LiveSocket, deps: ListenerDeps): void {
  const { ws } = live.sock;
  const { creds, stream, tap, groups } = deps;
  ws.prependListener('CB:message', (node: BinaryNode) => {
    deps.drain.seen(node);
    tap.remember(node);
  });
  ws.prependListener('CB:ib,,offline', () => deps.drain.end());
  ws.prependListener('CB:ack,class:message', (node: BinaryNode) => {
    faultPoint('worker.ack-seen');
    const report = reportOfAck(node);
    if (report) deps.acked(report.waId, report.providerCode);
    if (report) stream.push({ records: [{ kind: 'report', report }] });
  });
  ws.prependListener('CB:receipt', (node: BinaryNode) => {
    const { type, participant, from } = node.attrs;
    if (type === 'retry') tap.asked(participant ?? from ?? '');
    const reports = reportsOfReceipt(node, creds.me);
    deps.receipt(reports.map(({ waId }) => waId));
    if (reports.length > 0) stream.push({ records: reports.map((report) => ({ kind: 'report', report })) });
    const read = ownReadOf(node, creds.me);
    if (read) stream.push({ records: [{ kind: 'read', ...read }] });
  });
  ws.prependListener('CB:call', (node: BinaryNode) => {
    const call = callOf(node, creds.me);
    if (call) stream.push({ records: [{ kind: 'call', call }] });
  });
  ws.prependListener('CB:notification,type:w:gp2', ({ attrs }: BinaryNode) => {
    if (!attrs.from) return;
    groups.forget(attrs.from);
    const [groupId, server] = attrs.from.split('@');
    if (groupId && server === 'g.us') deps.groupChanged(groupId);
  });
  ws.prependListener('CB:notification,type:picture', (node: BinaryNode) => {
    const news = pictureNewsOf(node, creds.me);
    if (news) stream.push({ records: [{ kind: 'picture', ...news }] });
  });
  ws.prependListener('CB:notification,type:encrypt', ({ attrs }: BinaryNode) => tap.asked(attrs.from ?? ''));
  ws.prependListener('CB:presence', deps.presence);
  ws.prependListener('CB:chatstate', deps.presence);
  // Some accounts must prove a passkey in a browser before they link (trap 12); Baileys drops the request.
  ws.prependListener('CB:notification,type:passkey_prologue_request', () => deps.fact({ fact: 'passkey_required' }));
  ws.on('frame', (node: BinaryNode | Uint8Array) => {
    const offered = node instanceof Uint8Array ? undefined : offeredPreKeys(node);
    if (offered) deps.offered(offered);
  });
}
