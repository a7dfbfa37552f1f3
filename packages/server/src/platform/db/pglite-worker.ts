import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { StartupError } from '../errors.ts';
import { prepareDirectory } from './data-dir.ts';
import { DurableNodeFS, durableStartParams } from './durable-fs.ts';
import type { WorkerEvent, WorkerInput, WorkerRequest } from './pglite-protocol.ts';
import { PgliteScheduler } from './pglite-scheduler.ts';
import { PgliteSession } from './pglite-session.ts';
import { type PackedRequests, TextReceiver } from './pglite-texts.ts';
import { PgliteUpkeep } from './pglite-upkeep.ts';

/** The last lines PostgreSQL wrote: what a person needs when it will not start. */
const LOG_LINES = 12;
/** Answers held back for one message at most: in a long turn the first ones should not wait for the last. */
const MAX_EVENTS = 32;

function openPort(): MessagePort {
  if (parentPort === null) throw new Error('This file runs only as a worker thread');
  return parentPort;
}

function readInput(): WorkerInput {
  // workerData comes from pglite-client.ts, which builds it as WorkerInput; nothing else starts this file.
  return workerData as WorkerInput;
}

/**
 * How much a function of the database's WebAssembly runs (in bytes of code, roughly) before V8 compiles it a second
 * time, optimised. With V8's own 1,800,000 that takes 2.5 s of CPU in the first seconds of every start, half as long
 * again as the database itself needs in them; with this it is spread over the first thousands of messages.
 */
const TIERING_BUDGET = 20_000_000;
setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);

const port = openPort();
const input = readInput();
const lines: string[] = [];
let ready = false;

let outgoing: WorkerEvent[] = [];

function flush(): void {
  if (outgoing.length === 0) return;
  port.postMessage(outgoing);
  outgoing = [];
}

/** Tells the gateway, with everything else said in this turn of the loop: waking its thread has its price. */
function send(event: WorkerEvent): void {
  if (outgoing.length === 0) queueMicrotask(flush);
  outgoing.push(event.kind === 'reply' ? { ...event, bytes: new Uint8Array(event.bytes) } : event);
  if (outgoing.length >= MAX_EVENTS) flush();
}

/** Ends this thread at once: what the engine says from here on must not be believed. */
function die(reason: string): never {
  send({ kind: 'fatal', startup: !ready, reason, detail: lines.join('\n') });
  flush();
  process.exit(1);
}

// A line of PostgreSQL's log. Continuation lines start with a tab, so stored text cannot look like this.
const GAVE_UP = /^[\d-]+ [\d:.]+ \w+ \[\d+\] (?:PANIC|FATAL):\s*(.*)/;

function keepLine(text: string): boolean {
  lines.push(text);
  if (lines.length > LOG_LINES) lines.shift();
  const reason = GAVE_UP.exec(text)?.[1];
  return reason === undefined || die(reason);
}

function engine(fs: DurableNodeFS): Promise<PGlite> {
  return PGlite.create({ fs, startParams: durableStartParams(), onStderr: keepLine, onStdout: () => true });
}

/** Waits for a transaction still open (it ends by itself or by its time limit), then closes the files. */
async function close({ pg, session, scheduler }: Parts, id: number): Promise<void> {
  while (!scheduler.idle) await sleep(10);
  session.script('CHECKPOINT');
  await pg.close();
  send({ kind: 'value', id, value: null });
  flush();
  port.close();
}

async function main(): Promise<void> {
  await prepareDirectory(input.directory);
  const fs = new DurableNodeFS(input.directory, {
    onLost: (error) => die(`a write did not reach the disk: ${error.message}`),
    onAbort: (what) => die(`the database engine stopped: ${what}`),
  });
  const pg = await engine(fs);
  fs.faults = input.faults;
  const session = new PgliteSession(pg, {
    onNotify: (channel, payload) => send({ kind: 'notify', channel, payload }),
    onDead: () => die('the database engine stopped answering'),
  });
  const scheduler = new PgliteScheduler(session, input.txTimeoutMs, send);
  const upkeep = new PgliteUpkeep(session, input.upkeep);
  serve({ pg, fs, session, scheduler, upkeep });
  ready = true;
  send({ kind: 'ready' });
}

interface Parts {
  pg: PGlite;
  fs: DurableNodeFS;
  session: PgliteSession;
  scheduler: PgliteScheduler;
  upkeep: PgliteUpkeep;
}

function serve(parts: Parts): void {
  const { fs, scheduler, upkeep } = parts;
  let planned = false;
  let upkeepDue = false;
  let chores: (() => void)[] = [];
  // Under load there is hardly a moment without work; between two transactions is moment enough. One piece a turn of the
  // loop: whoever comes during it goes before the next.
  const tend = (): void => {
    if (!scheduler.idle) return;
    if (chores.length === 0 && upkeepDue) {
      upkeepDue = false;
      chores = upkeep.due();
    }
    chores.shift()?.();
    if (chores.length > 0) plan();
  };
  // One group a turn of the loop: every waiting message comes in first, which is what fills a group, and who came during
  // the last one is not kept waiting for all that came before it.
  const plan = (): void => {
    if (planned) return;
    planned = true;
    setImmediate(() => {
      planned = false;
      if (scheduler.step()) plan();
      tend();
    });
  };
  const timer = setInterval(() => {
    upkeepDue = true;
    tend();
  }, input.upkeep.everyMs);
  const handle = (request: WorkerRequest): void => {
    if (request.kind === 'counters') send({ kind: 'value', id: request.id, value: { ...fs.counters } });
    else if (request.kind === 'upkeep') {
      scheduler.drain();
      if (scheduler.idle) for (const chore of upkeep.due(true)) chore();
      send({ kind: 'value', id: request.id, value: null });
    } else if (request.kind === 'close') {
      clearInterval(timer);
      upkeepDue = false;
      chores = [];
      scheduler.drain();
      close(parts, request.id).catch((error) => die(String(error)));
    } else {
      scheduler.add(request);
      plan();
    }
  };
  const texts = new TextReceiver();
  port.on('message', (message: PackedRequests) => {
    for (const request of texts.unpack(message)) handle(request);
  });
}

main().catch((error: unknown) => {
  if (error instanceof StartupError) lines.push(error.cure);
  die(error instanceof Error ? error.message : String(error));
});
