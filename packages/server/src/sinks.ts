import type { SinkSettings } from './config/sinks.ts';
import { amqpSink } from './delivery/sinks/amqp.ts';
import { natsSink } from './delivery/sinks/nats.ts';
import type { OpenSink } from './delivery/sinks/port.ts';
import { SinkRunner } from './delivery/sinks/runner.ts';
import type { LogBell } from './features/events/index.ts';
import type { SinkName } from './features/sinks/index.ts';
import type { Db } from './platform/db/port.ts';
import type { Lifetimes } from './platform/disposal.ts';
import type { Logger } from './platform/log.ts';
import { loadNodeId } from './platform/node-id.ts';

/** Events without a queue are told of so often. */
const UNROUTED_MS = 60_000;

/** Tells of events that no queue is bound for, now and then: they come as fast as events do. */
function unrouted(log: Logger, exchange: string): (routingKey: string) => void {
  let count = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return (routingKey) => {
    count += 1;
    if (performance.now() - toldAt < UNROUTED_MS) return;
    toldAt = performance.now();
    log.warn({ sink: 'amqp', exchange, routingKey, count }, 'no queue is bound for an event: the broker dropped it');
    count = 0;
  };
}

/** The brokers that are configured, by name, and how each is opened. */
export function configuredSinks({ nats, amqp }: SinkSettings, log: Logger): Map<SinkName, OpenSink> {
  const sinks = new Map<SinkName, OpenSink>();
  if (nats) sinks.set('nats', natsSink(nats));
  if (amqp) sinks.set('amqp', amqpSink(amqp, unrouted(log, amqp.exchange)));
  return sinks;
}

/** Starts what publishes events to the operator's brokers; nothing where none is configured. */
export async function startSinks(services: {
  settings: SinkSettings;
  dataDir: string;
  db: Db;
  log: Logger;
  bell: LogBell;
  stack: Lifetimes;
}): Promise<void> {
  const { settings, dataDir, db, bell, stack } = services;
  const log = services.log.child({ part: 'sinks' });
  const sinks = configuredSinks(settings, log);
  if (sinks.size === 0) return;
  const holder = await loadNodeId(dataDir);
  const { fromStart } = settings;
  for (const [name, open] of sinks) stack.use(new SinkRunner({ db, log, holder, bell, name, open, fromStart }));
}
