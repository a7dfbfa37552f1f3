import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Ownership } from './cluster/ownership.ts';
import { networksInUse } from './cluster/store.ts';
import type { Config } from './config/config.ts';
import { alignWaiting } from './delivery/align.ts';
import { CallRejecter } from './delivery/call-rejecter.ts';
import type { CommitResult } from './delivery/commit.ts';
import { Dispatcher } from './delivery/dispatcher.ts';
import { Downloads } from './delivery/downloads.ts';
import { DueMessages } from './delivery/due.ts';
import { createDurableStore } from './delivery/durable-store.ts';
import { HealthWatch } from './delivery/health-watch.ts';
import { ReadReceipts } from './delivery/read-receipts.ts';
import { Sweeper } from './delivery/sweeper.ts';
import { Uploads } from './delivery/uploads.ts';
import type { WebhookSender } from './delivery/webhooks/sender.ts';
import { createBaileysEngine, type PartialEngineOptions } from './engine/baileys/index.ts';
import type { NetworkEndpoint } from './engine/endpoint.ts';
import type { Engine } from './engine/port.ts';
import { Authenticator, LastUsed } from './features/api-keys/index.ts';
import { dataRightsJobs, queueRecurring } from './features/data-rights/index.ts';
import { carriesMessages } from './features/devices/index.ts';
import { LogTail } from './features/events/index.ts';
import { recordJobEnd } from './features/jobs/index.ts';
import { type MediaFiles, MediaSweeper } from './features/media/index.ts';
import { ensureOwner, type FirstOwner, Passwords, type PeopleServices, Throttle } from './features/members/index.ts';
import { checkPlansInUse, LimitsCache, loadPlans, type Plans } from './features/plans/index.ts';
import { SearchIndexer } from './features/search/index.ts';
import { SpentMonths, shardsOn, spreadStale } from './features/usage/index.ts';
import { webhookReplay } from './features/webhooks/index.ts';
import { DataKeys, ensureFirstWorkspace, type FirstStart, RotationWatch } from './features/workspaces/index.ts';
import { openMedia } from './media.ts';
import { registry } from './operations/registry.ts';
import { Admission } from './platform/admission.ts';
import { emptyDirectory } from './platform/blob/files.ts';
import { systemClock } from './platform/clock.ts';
import { MasterKeys } from './platform/crypto/master-keys.ts';
import type { Db } from './platform/db/port.ts';
import type { Lifetimes } from './platform/disposal.ts';
import { JobRunner } from './platform/jobs/runner.ts';
import type { Logger } from './platform/log.ts';
import { Mailer } from './platform/mail.ts';
import { MediaTools } from './platform/media-tools/tools.ts';
import { loadNodeId } from './platform/node-id.ts';
import { Places } from './platform/places.ts';
import { Settler } from './platform/rate/settler.ts';
import { Windows } from './platform/rate/windows.ts';
import { SafeFetch } from './platform/safe-fetch/index.ts';
import { SandboxHost } from './platform/sandbox-host.ts';
import { WakeupBus } from './platform/wakeups.ts';
import { startSinks } from './sinks.ts';
import { openStorage, portError, type Storage } from './storage.ts';
import { OperatorKey } from './surfaces/http/operator-key.ts';
import { RateLimits } from './surfaces/http/rate-limits.ts';
import { buildHttpServer } from './surfaces/http/server.ts';
import { startWebhooks } from './webhooks.ts';

/** A running gateway. Disposing it finishes what is in flight and hands the devices over. */
export interface AppContext extends AsyncDisposable {
  url: string;
  first: FirstStart;
  /** Set on the start that made the owner. */
  owner: FirstOwner | null;
  db: Db;
  engine: Engine;
  sandbox: SandboxHost | null;
}

function endpoints(config: Config, sandbox: SandboxHost | null): NetworkEndpoint[] {
  const { url, rootKey, caFile, mediaHost } = config.whatsapp;
  const whatsapp: NetworkEndpoint = {
    network: 'whatsapp',
    ...(url ? { url } : {}),
    ...(rootKey ? { rootKey } : {}),
    ...(caFile ? { caFile } : {}),
    ...(mediaHost ? { mediaHost } : {}),
  };
  return sandbox ? [whatsapp, { network: 'sandbox', ...sandbox.endpoint }] : [whatsapp];
}

function engineOptionsOf(
  { engineWorkers, workerFaultPoint, liveness: set }: Config,
  mediaDir: string,
): PartialEngineOptions {
  const { healthMs: _, openMs, ...liveness } = set;
  return {
    ...(engineWorkers ? { workersPerNetwork: engineWorkers } : {}),
    ...(workerFaultPoint ? { faultPoint: workerFaultPoint } : {}),
    worker: { mediaDir, liveness, ...(openMs === undefined ? {} : { openTimeoutMs: openMs }) },
  };
}

interface Delivery extends AsyncDisposable {
  engine: Engine;
  dispatcher: Dispatcher;
  reads: ReadReceipts;
  ownership: Ownership;
}

async function startDelivery(services: {
  config: Config;
  db: Db;
  log: Logger;
  dataKeys: DataKeys;
  plans: Plans;
  sandbox: SandboxHost | null;
  media: MediaFiles;
  wake: WakeupBus;
  stack: Lifetimes;
}): Promise<Delivery> {
  const { config, db, log, dataKeys, plans, sandbox, media, wake, stack } = services;
  const parts: Parts = { dispatcher: null, reads: null, downloads: null, ownership: null, calls: null };
  const store = createDurableStore(db, {
    seal: (workspaceId, plain, context) => dataKeys.seal(workspaceId, plain, context),
    dataKey: (workspaceId) => dataKeys.get(workspaceId),
    onCommit: (result) => {
      spread(result, parts, log);
      for (const workspaceId of result.told) wake.events(workspaceId);
    },
    onMerged: (chats) => parts.dispatcher?.merged(chats),
  });
  const holder = await loadNodeId(config.dataDir);
  const engine = createBaileysEngine({
    endpoints: endpoints(config, sandbox),
    store,
    log: log.child({ part: 'engine' }),
    options: engineOptionsOf(config, await emptyDirectory(path.join(config.dataDir, 'media', 'outgoing'))),
  });
  // Their workers come up while the rest does: hundreds of sessions wait for them.
  for (const network of await networksInUse(db)) engine.prepare(network);
  const uploads = new Uploads({ db, engine, files: media });
  const dispatcher = new Dispatcher({
    db,
    engine,
    withFile: (of, stored) => uploads.withFile(of, stored),
    log: log.child({ part: 'delivery' }),
    clock: systemClock,
    paceWhatsapp: config.pacing,
  });
  const reads = new ReadReceipts({ db, engine, log: log.child({ part: 'reads' }) });
  const downloads = new Downloads({ db, engine, files: media, log: log.child({ part: 'media' }) });
  const calls = new CallRejecter({ db, engine, log: log.child({ part: 'calls' }) });
  const ownership = new Ownership({
    db,
    engine,
    log: log.child({ part: 'cluster' }),
    holder,
    dataKey: (workspaceId) => dataKeys.get(workspaceId),
    alignWaiting,
    onLost: (deviceId) => {
      dispatcher.offline(deviceId);
      reads.offline(deviceId);
      downloads.offline(deviceId);
    },
  });
  // Undone from the last to the first: no new claims, then the sockets, then the leases.
  stack.use(ownership);
  stack.use(downloads);
  stack.use(engine);
  stack.use(dispatcher);
  stack.use(new DueMessages({ db, clock: systemClock, log, onReleased: (deviceId) => dispatcher.wake(deviceId) }));
  stack.use(reads);
  stack.use(calls);
  const watched = {
    db,
    engine,
    clock: systemClock,
    log: log.child({ part: 'health' }),
    everyMs: config.liveness.healthMs,
  };
  stack.use(new HealthWatch({ ...watched, held: () => ownership.held() }));
  stack.use(new Sweeper({ db, dispatcher, plans, log, onDeviceChange: () => ownership.wake() }));
  Object.assign(parts, { dispatcher, reads, downloads, ownership, calls });
  return { engine, dispatcher, reads, ownership, [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose]() };
}

interface Parts {
  dispatcher: Dispatcher | null;
  reads: ReadReceipts | null;
  downloads: Downloads | null;
  ownership: Ownership | null;
  calls: CallRejecter | null;
}

function spread(result: CommitResult, parts: Parts, log: Logger): void {
  parts.dispatcher?.merged(result.merged);
  for (const { deviceId, messageId } of result.settled) parts.dispatcher?.settled(deviceId, messageId);
  for (const device of result.states) {
    if (!carriesMessages(device)) {
      parts.dispatcher?.offline(device.deviceId);
      parts.reads?.offline(device.deviceId);
      parts.downloads?.offline(device.deviceId);
    } else {
      parts.downloads?.online(device.deviceId);
      parts.reads?.online(device.deviceId);
      const isNew = device.state === 'connected' && device.reason === 'connected';
      parts.dispatcher?.online(device, isNew).catch((error: unknown) => {
        log.error({ err: error, deviceId: device.deviceId }, 'device came online but its outbox did not open');
      });
    }
  }
  if (result.states.length > 0) parts.ownership?.wake();
  if (result.files) parts.downloads?.wake();
  if (result.unwanted.length > 0) parts.calls?.reject(result.unwanted);
}

function startPeople(services: {
  config: Config;
  db: Db;
  log: Logger;
  dataKeys: DataKeys;
  stack: Lifetimes;
}): PeopleServices {
  const { config, db, log, dataKeys, stack } = services;
  const { smtpUrl: url, from } = config.mail;
  return {
    db,
    dataKeys,
    passwords: new Passwords(),
    throttle: new Throttle(db),
    clock: systemClock,
    log,
    mailer: url ? stack.use(new Mailer({ url, from, log: log.child({ part: 'mail' }) })) : null,
    // Where the server listens is known once it does.
    publicUrl: () => config.publicUrl ?? `http://${config.host}:${config.port}`,
  };
}

/**
 * Calls in hand at once. The embedded database runs what waits for its one connection together, and cheaper; on a server
 * more would only wait for the pool's ten.
 */
const ADMISSION = {
  pglite: { total: 64, share: 2, waitingEach: 256, waiting: 4_096, yieldMs: 10 },
  postgres: { total: 10, share: 2, waitingEach: 256, waiting: 4_096, yieldMs: 10 },
};

/** Uploads one process takes at once: each holds a file, a socket and a share of the disk. */
const UPLOADS = { total: 64, each: 16, refusal: 'too many uploads at once' };

function startLimits(services: { config: Config; db: Db; log: Logger; stack: Lifetimes }) {
  const { config, db, log, stack } = services;
  const now = () => systemClock.now().getTime();
  const windows = new Windows(now);
  // The embedded database has one node: there is nobody to tell.
  if (db.kind === 'postgres') stack.use(new Settler({ db, windows, log: log.child({ part: 'limits' }), now }));
  return {
    rateLimits: new RateLimits(windows, config.rates),
    admission: new Admission(ADMISSION[db.kind], db.callers),
  };
}

/** The master keys of this installation. */
function loadMasterKeys({ dataDir, masterKey, nextMasterKey }: Config): Promise<MasterKeys> {
  return MasterKeys.load({ dataDir, configured: masterKey, configuredNext: nextMasterKey });
}

async function startJobs(services: {
  config: Config;
  db: Db;
  log: Logger;
  dataKeys: DataKeys;
  wake: WakeupBus;
  media: MediaFiles;
  stack: Lifetimes;
}): Promise<void> {
  const { config, db, dataKeys, wake, media, stack } = services;
  stack.use(
    new JobRunner({
      db,
      log: services.log.child({ part: 'jobs' }),
      holder: await loadNodeId(config.dataDir),
      handlers: [...dataRightsJobs({ db, dataKeys, wake, media }), webhookReplay],
      onEnd: recordJobEnd,
      recurring: () => queueRecurring(db),
    }),
  );
}

/** Starts everything in order; what fails undoes what was started. Throws StartupError with a cure. */
export async function startApp(
  config: Config,
  log: Logger,
  storage: Promise<Storage> = openStorage(config, log),
): Promise<AppContext> {
  const { db, stack } = await storage;
  try {
    const plans = await loadPlans(config.plansFile);
    const masterKeys = await loadMasterKeys(config);
    const first = await ensureFirstWorkspace(db, masterKeys, plans.last);
    const owner = await ensureOwner(db, first.workspaceId, config.owner);
    await checkPlansInUse(db, plans);
    await spreadStale(db, plans, systemClock.now());
    const limits = new LimitsCache(db, plans);
    const dataKeys = new DataKeys(db, masterKeys);
    const outside = new SafeFetch({ allow: config.privateHosts });
    const media = await openMedia(config, { db, dataKeys, outside });
    stack.use(new RotationWatch({ db, keys: masterKeys, log: log.child({ part: 'keys' }) }));
    const sandbox = config.sandbox ? stack.use(await SandboxHost.start(config.dataDir, log)) : null;
    // Told of commits from the first one on, but undone before what it wakes.
    const wake = new WakeupBus(db, log);
    const events = stack.use(new LogTail({ db, log: log.child({ part: 'events' }) }));
    const delivery = await startDelivery({ config, db, log, dataKeys, plans, sandbox, media, wake, stack });
    stack.use(wake);
    let webhooks: WebhookSender | null = null;
    await wake.start({
      devices: () => {
        delivery.ownership.wake();
        delivery.dispatcher.refreshPacing();
      },
      outbox: (deviceId, urgent) => delivery.dispatcher.wake(deviceId, urgent),
      reads: (deviceId) => delivery.reads.wake(deviceId),
      merged: (chats) => delivery.dispatcher.merged(chats),
      limits: (workspaceId) => limits.forget(workspaceId),
      events: (workspaceId) => {
        events.bell.ring();
        webhooks?.wake(workspaceId);
      },
    });
    await startJobs({ config, db, log, dataKeys, wake, media, stack });
    stack.use(new MediaSweeper({ media, log: log.child({ part: 'media' }) }));
    stack.use(new SearchIndexer({ db, log: log.child({ part: 'search' }) }));
    const people = startPeople({ config, db, log, dataKeys, stack });
    webhooks = await startWebhooks({ config, db, log, dataKeys, limits, mailer: people.mailer, stack });
    await startSinks({ settings: config.sinks, dataDir: config.dataDir, db, log, bell: events.bell, stack });
    const onError = (error: unknown) => log.warn({ err: error }, 'last-used times not written');
    const lastUsed = stack.use(new LastUsed(db, onError));
    const http = buildHttpServer({
      db,
      clock: systemClock,
      log,
      ...startLimits({ config, db, log, stack }),
      authenticator: new Authenticator(db, lastUsed),
      dataKeys,
      limits,
      operatorKey: config.operatorKey ? new OperatorKey(config.operatorKey) : null,
      live: {
        deviceHealth: (deviceId) => delivery.engine.health(deviceId),
        ask: (deviceId, name, input) => delivery.engine.ask(deviceId, name, input),
        sandbox,
        events,
        media,
        outside,
        mediaTools: stack.use(new MediaTools(config.ffmpeg)),
        plans,
        pacingOff: !config.pacing,
        catalogue: { operations: registry },
        quota: new SpentMonths(shardsOn(db)),
        newDataKey: (workspaceId) => masterKeys.newDataKey(workspaceId),
      },
      uploads: new Places(UPLOADS),
      wake,
      people,
      proxies: config.trustedProxies,
      connectionsPerAddress: config.connectionsPerAddress,
    });
    stack.defer(() => http.close());
    const url = await listen(http, config);
    people.publicUrl = () => config.publicUrl ?? url;
    delivery.ownership.wake();
    return {
      url,
      first,
      owner,
      db,
      engine: delivery.engine,
      sandbox,
      [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
    };
  } catch (error) {
    await stack[Symbol.asyncDispose]();
    throw error;
  }
}

async function listen(http: FastifyInstance, config: Config): Promise<string> {
  try {
    return await http.listen({ port: config.port, host: config.host });
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw portError(config, error);
    throw error;
  }
}
