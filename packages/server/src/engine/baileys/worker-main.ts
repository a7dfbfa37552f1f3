// Entry of an engine worker process, started by `fork` with an IPC channel. It holds the sessions of one network.
import { WA_CERT_DETAILS } from 'baileys';
import { armFaultPoint } from '../../platform/fault-points.ts';
import { BatchChannel } from './batch-channel.ts';
import { type FromWorker, fromChannel, type ToWorker } from './protocol.ts';
import type { WorkerContext, WorkerLog } from './worker/context.ts';
import { SessionHost } from './worker/host.ts';
import { silenceConsole } from './worker/library.ts';
import { answerDefaultMediaHost } from './worker/media-host.ts';
import { Semaphore } from './worker/semaphore.ts';
import { signalImplementation } from './worker/signal-implementation.ts';
import { CONNECTION_CODES, errorCode } from './worker/socket-hooks.ts';

silenceConsole();
// Baileys makes an Error for every query and frame, to name the caller should it fail: a tenth of the time of a send.
Error.stackTraceLimit = 1;
const channel = new BatchChannel<FromWorker>((batch) => process.send?.(batch));
const post = (message: FromWorker): void => channel.post(message);
const log: WorkerLog = (level, text, fields = {}) => post({ say: 'log', level, text, fields });

let host: SessionHost | undefined;

process.on('message', (raw) => {
  for (const message of fromChannel<ToWorker>(raw)) {
    if (message.tell === 'init') void start(message);
    else if (message.tell === 'beat') post({ say: 'beat' });
    else host?.handle(message);
  }
});
// Without its gateway nothing here can become durable: an orphan must not keep a socket for one more frame.
process.on('disconnect', () => process.exit(0));
// Listeners' failures are caught per session; what still comes here belongs to no session that could be told.
process.on('unhandledRejection', (error) => {
  if (CONNECTION_CODES.has(errorCode(error) ?? 0)) log('debug', 'a query ended with its connection');
  else die('an unhandled rejection', error);
});
process.on('uncaughtException', (error) => die('an uncaught exception', error));

async function start({ endpoint, settings }: Extract<ToWorker, { tell: 'init' }>): Promise<void> {
  const found = await signalImplementation();
  if (found !== 'whatsapp-rust-bridge') {
    post({ say: 'refused', reason: `libsignal resolves to ${found}, not to WAPing's own package` });
    return;
  }
  if (endpoint.rootKey !== undefined) {
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(endpoint.rootKey, 'hex');
    WA_CERT_DETAILS.SERIAL = 0;
  }
  if (endpoint.mediaHost !== undefined) await answerDefaultMediaHost(endpoint.mediaHost);
  if (settings.faultPoint !== undefined) armFaultPoint(settings.faultPoint);
  const handshakes = new Semaphore(settings.handshakes);
  // One part at a time: what it takes of memory is bounded, and the sessions' own work comes first.
  const history = new Semaphore(1);
  const version = endpoint.version;
  const context: WorkerContext = {
    url: endpoint.url,
    version: version && [version[0], version[1], version[2]],
    settings,
    log,
    handshakeSlot: () => handshakes.take(),
    historySlot: () => history.take(),
  };
  host = new SessionHost(context, post);
  post({ say: 'ready' });
}

/** The supervisor starts another worker and reopens the sessions. */
function die(what: string, error: unknown): void {
  log('error', `the worker ends after ${what}`, {
    error: error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 200) : 'unknown',
    at: error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '',
  });
  channel.flush();
  setTimeout(() => process.exit(70), 50);
}
