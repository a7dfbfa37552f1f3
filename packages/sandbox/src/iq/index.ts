import type { Node } from '../codec/node.ts';
import type { Connection } from '../connection.ts';
import type { Core } from '../core.ts';
import { handleDevice } from './device.ts';
import { handleEncrypt } from './encrypt.ts';
import { handleGroups } from './groups.ts';
import { handlePicture } from './picture.ts';
import * as profile from './profile.ts';
import { failure, type Handler, type Request, result } from './reply.ts';
import { handleUsync } from './usync.ts';

const handlers = new Map<string, Handler>([
  ['encrypt', handleEncrypt],
  ['usync', handleUsync],
  ['w:g2', handleGroups],
  ['md', handleDevice],
  ['w:m', profile.handleMediaConnection],
  ['privacy', profile.handlePrivacy],
  ['blocklist', profile.handleBlocklist],
  ['w:profile:picture', handlePicture],
  ['status', profile.handleStatus],
  ['w:mex', profile.handleMex],
  ['abt', profile.handleProps],
  ['w:biz', profile.handleBusiness],
  ['w:sync:app:state', syncAppState],
]);

/** Answers a request; what nobody handles (ping, passive, statistics …) is simply confirmed. */
export function handleIq(core: Core, connection: Connection, iq: Node): void {
  const { type, xmlns = '' } = iq.attrs;
  if (type === 'result' || type === 'error') return;
  const ask = Array.isArray(iq.content) ? iq.content[0] : undefined;
  const { muteIq, iqDelayMs } = core.faults;
  if (muteIq.has(xmlns) || muteIq.has(`${xmlns}/${ask?.tag ?? ''}`)) return;
  const request: Request = { core, connection, device: connection.device, iq, ask };
  if (iqDelayMs > 0) {
    core.later(iqDelayMs, () => answer(request, xmlns));
    return;
  }
  answer(request, xmlns);
}

function answer(request: Request, xmlns: string): void {
  const reply = (handlers.get(xmlns) ?? result)(request);
  if (reply) request.connection.send(reply);
}

function syncAppState(request: Request): Node {
  const { core, device, iq } = request;
  if (!device) return failure(request, 401, 'not-authorized');
  const reply = core.appState.handleSync(device.account, device, iq);
  core.events.emit('changed');
  return reply;
}
