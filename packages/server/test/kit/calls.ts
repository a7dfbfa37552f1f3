import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { insertDevice } from '../../src/features/devices/store.ts';
import { LogTail } from '../../src/features/events/index.ts';
import type { MediaFiles } from '../../src/features/media/index.ts';
import { loadPlans } from '../../src/features/plans/index.ts';
import { SpentMonths, shardsOn } from '../../src/features/usage/index.ts';
import { insertWorkspace } from '../../src/features/workspaces/store.ts';
import { type CallRequest, callOperation } from '../../src/operations/call.ts';
import type { Actor, Limits, SandboxControl } from '../../src/operations/context.ts';
import { registry } from '../../src/operations/registry.ts';
import type { CallReply } from '../../src/operations/reply.ts';
import type { Db } from '../../src/platform/db/port.ts';
import { newId, type WorkspaceId } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/log.ts';
import { MediaTools } from '../../src/platform/media-tools/tools.ts';
import { mediaOn, OUTSIDE, PIXEL } from './media.ts';
import { agreeing } from './whatsapp.ts';

const log = createLogger('silent');
const plans = await loadPlans(undefined);
const TOOLS = new MediaTools('ffmpeg');

const ALL_POWERFUL: Actor = {
  kind: 'api_key',
  id: newId('key'),
  scopes: ['*'],
  devices: null,
  ips: null,
  expiresAt: null,
};

export interface CallOptions {
  limits?: Partial<Limits>;
  key?: string;
  now?: Date;
  /** A key with every right by default. */
  actor?: Actor;
  /** How the call waits for its turn; at once by default. */
  inTurn?: CallRequest['inTurn'];
}

/** A file that was answered, whole: one that nobody reads would stay open. */
async function bytesOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The input of an upload with a file in it, as the HTTP surface makes one of each request. */
async function withFile(input: CallRequest['input'], media: MediaFiles): Promise<CallRequest['input']> {
  const file = await media.receive({ from: Readable.from([PIXEL]), mimeType: null, fileName: 'pixel.png' });
  return { ...input, body: { ...Object(input.body), file } };
}

/** One node's way into the domain without HTTP: what a surface makes of a request of this workspace. */
export class Caller {
  readonly db: Db;
  readonly workspaceId: WorkspaceId;
  readonly #quota: SpentMonths;
  readonly #events: LogTail;
  limits: Limits;
  sandbox: SandboxControl | null = null;
  /** Where media is kept, apart from what is watched of a call. */
  mediaDb: Db;

  constructor(db: Db, workspaceId: WorkspaceId, limits: Limits, shards = shardsOn(db)) {
    this.db = db;
    this.mediaDb = db;
    this.workspaceId = workspaceId;
    this.limits = limits;
    this.#quota = new SpentMonths(shards);
    this.#events = new LogTail({ db, log });
  }

  /** A fresh workspace with these limits. */
  static async create(db: Db, own: { devices?: number; outbound?: number } = {}): Promise<Caller> {
    const id = newId('ws');
    const deviceLimit = own.devices ?? 50;
    const outboundLimit = own.outbound ?? 1_000_000;
    const dataKey = randomBytes(61);
    await insertWorkspace(db, { id, name: 'Test', plan: 'growth', dataKey, deviceLimit, outboundLimit });
    const counts = { devices: deviceLimit, outboundPerMonth: outboundLimit };
    return new Caller(db, id, { plan: 'growth', ...counts, apiAccess: true, suspended: false });
  }

  /** The same caller, working on another handle of the same database. */
  on(db: Db): Caller {
    const caller = this.onAnotherNode(db);
    caller.sandbox = this.sandbox;
    caller.mediaDb = this.mediaDb;
    return caller;
  }

  /** The same workspace as another node sees it: with a memory of its own. */
  onAnotherNode(db: Db = this.db): Caller {
    return new Caller(db, this.workspaceId, this.limits);
  }

  async call(id: string, input: CallRequest['input'], options: CallOptions = {}): Promise<CallReply> {
    const operation = registry.find((one) => one.id === id);
    if (!operation) throw new Error(`there is no operation ${id}`);
    const media = await mediaOn(this.mediaDb);
    const reply = await callOperation(this.db, {
      operation,
      input: operation.upload ? await withFile(input, media) : input,
      idempotencyKey: options.key ?? null,
      ...(options.inTurn ? { inTurn: options.inTurn } : {}),
      context: {
        workspace: { id: this.workspaceId },
        actor: options.actor ?? ALL_POWERFUL,
        limits: { ...this.limits, ...options.limits },
        now: options.now ?? new Date(),
        requestId: newId('req'),
        signal: new AbortController().signal,
        stillMay: async () => true,
        address: '192.0.2.7',
        publicUrl: 'http://localhost',
        log,
        live: {
          deviceHealth: async () => null,
          ask: agreeing,
          sandbox: this.sandbox,
          events: this.#events,
          media,
          outside: OUTSIDE,
          mediaTools: TOOLS,
          plans,
          pacingOff: false,
          catalogue: { operations: registry },
          quota: this.#quota,
          newDataKey: () => randomBytes(61),
        },
        wake: { devices() {}, outbox() {}, reads() {}, merged() {}, events() {}, limits() {} },
        secrets: { seal: async () => Buffer.alloc(0), open: async () => '' },
      },
    });
    return reply.body instanceof Readable ? { ...reply, body: await bytesOf(reply.body) } : reply;
  }

  async device(network: 'whatsapp' | 'sandbox' = 'whatsapp'): Promise<string> {
    const id = newId('dev');
    await insertDevice(this.db, { id, workspaceId: this.workspaceId, label: 'Test', network });
    return id;
  }

  /** A message that waits for its device, which was never linked. */
  send(deviceId: string, to: string, options?: CallOptions): Promise<CallReply> {
    const body = { deviceId, to, type: 'text', text: { body: 'Hello' }, requireOnline: false };
    return this.call('messages.send', { body }, options);
  }
}
