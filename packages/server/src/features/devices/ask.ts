import { type AskName, type Asks, EngineAskError } from '../../engine/asks.ts';
import type { OperationContext } from '../../operations/context.ts';
import { WapingError } from '../../platform/errors.ts';
import { disconnected } from './can-send.ts';
import { requireDevice } from './require.ts';
import { listens } from './state.ts';
import type { DeviceRow } from './store.ts';

/** WhatsApp's codes that mean "later". */
const TOO_FAST = 429;
const BUSY = 500;
const RETRY_SECONDS = 2;

function unavailable(message: string, cause: unknown): WapingError {
  return new WapingError('SERVICE_UNAVAILABLE', message, { retryAfter: RETRY_SECONDS, cause });
}

function tooFast(retryAfterMs: number, cause: unknown): WapingError {
  const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const details = [{ param: 'policy', message: 'device' }];
  return new WapingError('RATE_LIMITED', 'WhatsApp is being asked too much over this device', {
    retryAfter,
    details,
    cause,
  });
}

function toWapingError(error: EngineAskError): WapingError {
  const { code = 0 } = error;
  if (error.reason === 'not_open') return unavailable('the connection of this device is not open on this node', error);
  if (error.reason === 'no_answer') return unavailable('WhatsApp did not answer in time', error);
  if (error.reason === 'too_fast') return tooFast(error.retryAfterMs ?? RETRY_SECONDS * 1000, error);
  if (code === TOO_FAST) return tooFast(60_000, error);
  if (code >= BUSY) return unavailable(`WhatsApp could not do this (${code})`, error);
  const why = code > 0 ? `WhatsApp answered ${code}` : error.message;
  return new WapingError('CONFLICT', 'WhatsApp refused this', {
    details: [{ param: 'whatsapp', message: why }],
    cause: error,
  });
}

/** The device, where WhatsApp can be asked over it now. Throws NOT_FOUND or SESSION_DISCONNECTED. */
export async function requireListening(ctx: OperationContext, deviceId: string): Promise<DeviceRow> {
  const row = await requireDevice(ctx, deviceId);
  if (!listens({ state: row.state, reason: row.state_reason })) throw disconnected(row);
  return row;
}

/**
 * Asks WhatsApp over a device. Only outside transactions. Throws NOT_FOUND, SESSION_DISCONNECTED, SERVICE_UNAVAILABLE
 * (retryable; with a change it is then unknown whether it happened), RATE_LIMITED, and CONFLICT for what WhatsApp
 * refuses, with its code in `details`.
 */
export async function askWhatsApp<K extends AskName>(
  ctx: OperationContext,
  deviceId: string,
  ask: { name: K; input: Asks[K]['input'] },
): Promise<Asks[K]['answer']> {
  const row = await requireListening(ctx, deviceId);
  try {
    return await ctx.live.ask(row.id, ask.name, ask.input);
  } catch (error) {
    throw error instanceof EngineAskError ? toWapingError(error) : error;
  }
}
