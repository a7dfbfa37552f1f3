import { randomBytes, timingSafeEqual } from 'node:crypto';
import { recordAudit } from '../../operations/audit/record.ts';
import type { Limits } from '../../operations/context.ts';
import type { Db } from '../../platform/db/port.ts';
import { WapingError } from '../../platform/errors.ts';
import { beginLink } from './begin-link.ts';
import { hashSecret } from './link-page.ts';
import {
  bindLinkPage,
  findLinkPageByToken,
  type LinkPageRow,
  markLinkPageBegun,
  markLinkPageUsed,
} from './link-page-store.ts';
import { readProgress } from './link-progress.ts';
import { qrSvg } from './qr-image.ts';
import type { LinkProgress } from './schemas.ts';
import { countDevices, findDevice } from './store.ts';

/** What a page shows. `ready`: nothing begun; `stopped`: an attempt ended, another may begin; `taken`: another browser's. */
export type PageStep =
  | Exclude<LinkProgress['step'], 'ended'>
  | 'ready'
  | 'stopped'
  | 'already_linked'
  | 'expired'
  | 'taken';

export interface PageState {
  step: PageStep;
  /** The device's label, for the browser the page belongs to. */
  label: string | null;
  /** The QR code as an SVG. */
  qr: string | null;
  code: string | null;
  /** Why an attempt stopped. */
  reason: string | null;
}

/** What a page needs beside the registry: whoever opens it has no account. */
export interface LinkPageServices {
  db: Db;
  limitsOf(workspaceId: string): Promise<Limits>;
  open(workspaceId: string, sealed: Uint8Array, context: string): Promise<string>;
  now(): Date;
  /** Nudges whoever opens sessions. */
  wakeDevices(): void;
}

/** Who asks: the secret of the address, and the secret this browser was given. */
export interface PageVisit {
  token: string;
  browser: string | null;
}

const SECRET_BYTES = 32;
const bare = (step: PageStep): PageState => ({ step, label: null, qr: null, code: null, reason: null });

/** Whether nothing follows this state, whatever happens. */
export const isPageOver = ({ step }: PageState): boolean =>
  step === 'linked' || step === 'already_linked' || step === 'expired' || step === 'taken';

type KnownPage = NonNullable<Awaited<ReturnType<typeof findLinkPageByToken>>>;

const isOwn = (page: KnownPage, browser: string | null): boolean =>
  page.browser_hash !== null && browser !== null && timingSafeEqual(page.browser_hash, hashSecret(browser));

/** The page, or what to show where it is none of this visitor's. */
async function admit(services: LinkPageServices, visit: PageVisit): Promise<KnownPage | PageStep> {
  const page = await findLinkPageByToken(services.db, hashSecret(visit.token));
  if (!page) return 'expired';
  const own = isOwn(page, visit.browser);
  if (page.used_at) return own ? 'linked' : 'expired';
  if (page.revoked_at || page.expires_at <= services.now()) return 'expired';
  if ((await services.limitsOf(page.workspace_id)).suspended) return 'expired';
  return own ? page : 'taken';
}

/**
 * Gives the page to this browser if it is nobody's yet. A program that only fetches addresses to preview them does not
 * come here. Returns the secret the browser is to keep; one it has already serves.
 */
export async function openLinkPage(services: LinkPageServices, visit: PageVisit): Promise<string | null> {
  const page = await findLinkPageByToken(services.db, hashSecret(visit.token));
  if (!page || page.browser_hash !== null || page.revoked_at || page.expires_at <= services.now()) return null;
  const browser = visit.browser ?? randomBytes(SECRET_BYTES).toString('base64url');
  const bound = await bindLinkPage(services.db.within(page.workspace_id), {
    workspaceId: page.workspace_id,
    id: page.id,
    browserHash: hashSecret(browser),
  });
  return bound ? browser : null;
}

function shown(page: LinkPageRow, progress: LinkProgress, label: string): PageState {
  const { step, qr, code, stateReason } = progress;
  const state = { ...bare('ready'), label };
  if (page.begun_at === null)
    return step === 'linked' || step === 'scanned' ? { ...state, step: 'already_linked' } : state;
  if (step === 'ended') return { ...state, step: 'stopped', reason: stateReason };
  return { ...state, step, qr: qr === null ? null : qrSvg(qr), code };
}

/** What to show a visitor now. */
export async function readLinkPage(services: LinkPageServices, visit: PageVisit): Promise<PageState> {
  const page = await admit(services, visit);
  if (typeof page === 'string') return bare(page);
  const { workspace_id: workspaceId, device_id: deviceId } = page;
  const tx = services.db.within(workspaceId);
  const device = await findDevice(tx, workspaceId, deviceId);
  const open = (sealed: Uint8Array, context: string) => services.open(workspaceId, sealed, context);
  const progress = device && (await readProgress({ tx, workspaceId, deviceId, open }));
  if (!device || !progress) return bare('expired');
  const state = shown(page, progress, device.label);
  if (state.step === 'linked') await markLinkPageUsed(tx, workspaceId, page.id);
  return state;
}

export interface PageStart {
  method: 'qr' | 'code';
  phone: string | null;
  address: string;
  requestId: string;
}

const gone = () => new WapingError('NOT_FOUND', 'this link does not work any more', { param: 'path' });

/** Begins linking for a visitor, as `POST …/link` does for a key. Throws NOT_FOUND, CONFLICT or QUOTA_EXCEEDED. */
export async function startFromPage(services: LinkPageServices, visit: PageVisit, start: PageStart): Promise<void> {
  const page = await admit(services, visit);
  if (typeof page === 'string') throw gone();
  const { workspace_id: workspaceId, device_id: deviceId, id } = page;
  const limits = await services.limitsOf(workspaceId);
  await services.db.within(workspaceId).tx(async (tx) => {
    const device = await findDevice(tx, workspaceId, deviceId);
    if (!device || !(await markLinkPageBegun(tx, workspaceId, id))) throw gone();
    if (device.network === 'whatsapp' && (await countDevices(tx, workspaceId)) > limits.devices)
      throw new WapingError('QUOTA_EXCEEDED', 'the plan allows no more devices');
    const { method, phone } = start;
    await beginLink(tx, { workspaceId, deviceId, method, phone, now: services.now() });
    await recordAudit(tx.later, [
      {
        workspaceId,
        actor: { kind: 'anonymous', id: null },
        action: 'devices.linkFromPage',
        target: { kind: 'device', id: deviceId },
        change: { before: { state: device.state }, after: { state: 'linking', method, linkPageId: id } },
        address: start.address,
        requestId: start.requestId,
      },
    ]);
    tx.afterCommit(() => services.wakeDevices());
  });
}
