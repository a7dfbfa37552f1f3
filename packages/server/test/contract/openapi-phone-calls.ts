import { type ApiClient, type Json, rowsOf } from '../kit/api.ts';

/** Calls an operation by its id and holds the reply against its description. */
interface Caller {
  call(id: string, path?: Record<string, string>, body?: unknown): Promise<Json>;
}

/** A call that is rejected, and one whose caller gives up. */
export async function callCalls(api: Caller, plain: ApiClient, { from, to }: { from: string; to: string }) {
  await api.call('sandbox.call', { phone: from }, { to });
  const ringing = await plain.until('/v1/calls?state=offered', (body) => rowsOf(body).length > 0);
  const call = { callId: String(rowsOf(ringing)[0]?.['id']) };
  await api.call('calls.get', call);
  await api.call('calls.reject', call);
  await api.call('calls.list');
  const { id } = await api.call('sandbox.call', { phone: from }, { to, video: true });
  await api.call('sandbox.listCalls', { phone: from });
  await api.call('sandbox.endCall', { phone: from, callId: String(id) }, { how: 'timeout' });
}
