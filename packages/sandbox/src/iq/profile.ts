import { faultsOf, isReachOutLocked } from '../account-faults.ts';
import { children, node, text } from '../codec/node.ts';
import { type Handler, type Request, result } from './reply.ts';

const PRIVACY = ['readreceipts', 'profile', 'status', 'online', 'last', 'groupadd', 'calladd', 'messages', 'defense'];
const MEDIA_TTL_S = '3600';

export const handlePrivacy: Handler = (request) => {
  if (request.iq.attrs.type !== 'get' || request.ask?.tag !== 'privacy') return result(request);
  const categories = PRIVACY.map((name) => node('category', { name, value: 'all' }));
  return result(request, [node('privacy', {}, categories)]);
};

/** Reads or changes the list of blocked people; the list is always the answer. */
export const handleBlocklist: Handler = (request) => {
  const { ask, core, device } = request;
  const blocked = device?.account.blocked ?? new Set<string>();
  const account = ask?.tag === 'item' ? core.registry.byJid(ask.attrs.jid) : undefined;
  if (account && ask?.attrs.action === 'block') blocked.add(account.jid);
  if (account && ask?.attrs.action === 'unblock') blocked.delete(account.jid);
  const items = Array.from(blocked, (jid) => node('item', { jid }));
  return result(request, [node('list', { dhash: String(blocked.size) }, items)]);
};

/** The "about" line. */
export const handleStatus: Handler = (request) => {
  const { device, ask } = request;
  if (request.iq.attrs.type === 'set' && device && ask?.tag === 'status') device.account.about = text(ask);
  return result(request);
};

export const handleMediaConnection: Handler = (request) => {
  const { media } = request.core;
  const host = node('host', { hostname: media.host, type: 'primary', maxContentLengthBytes: '104857600' });
  const attrs = { auth: media.auth, ttl: MEDIA_TTL_S, auth_ttl: '21600', max_buckets: '12' };
  return result(request, [node('media_conn', attrs, [host])]);
};

/** GraphQL over stanzas: the two questions clients ask by themselves. Nothing restricts an account but its reach-out lock. */
export const handleMex: Handler = (request) => {
  const data = {
    xwa2_fetch_account_reachout_timelock: timelock(request),
    xwa2_message_capping_info: { total_quota: -1, used_quota: 0 },
  };
  return result(request, [node('result', {}, Buffer.from(JSON.stringify({ data })))]);
};

function timelock({ core, device }: Request) {
  const faults = faultsOf(core.faults, device?.account.user);
  if (!isReachOutLocked(faults)) return { is_active: false };
  const seconds = Math.ceil((faults.reachOutLockUntil ?? 0) / 1000);
  return { is_active: true, time_enforcement_ends: String(seconds), enforcement_type: 'DEFAULT' };
}

export const handleProps: Handler = (request) =>
  result(request, [node('props', { protocol: '1', hash: 'sandbox', refresh: '86400' }, [])]);

export const handleBusiness: Handler = (request) => {
  const profiles = children(request.ask, 'profile').flatMap(() => []);
  return result(request, [node('business_profile', {}, profiles)]);
};
