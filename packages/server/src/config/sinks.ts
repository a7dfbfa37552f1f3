import { z } from 'zod';
import { isBrokerAddress } from '../delivery/sinks/address.ts';
import type { AmqpSettings } from '../delivery/sinks/amqp.ts';
import type { NatsSettings } from '../delivery/sinks/nats.ts';

/** The operator's brokers that events go to; null: none of that kind. */
export interface SinkSettings {
  nats: NatsSettings | null;
  amqp: AmqpSettings | null;
  /** Where a sink begins that is new to the database: at the oldest event kept, or at what is written from then on. */
  fromStart: boolean;
}

export const NO_SINKS: SinkSettings = { nats: null, amqp: null, fromStart: false };

const address = (protocol: RegExp) => z.url({ protocol }).max(1_024).refine(isBrokerAddress).optional();

// Tokens of a subject: no wildcards, no blanks, no empty token.
const SUBJECT = /^[\w-]+(\.[\w-]+)*$/;

/** The settings of sinks, as `config.ts` reads them. */
export const sinkSettings = {
  WAPING_SINK_NATS_URL: {
    schema: address(/^(nats|tls)$/),
    help: 'nats://user:password@host:4222, or tls://… ; percent-encode what is special in user and password',
  },
  WAPING_SINK_NATS_SUBJECT: {
    schema: z.string().max(100).regex(SUBJECT).default('waping'),
    help: 'what subjects begin with, such as waping or prod.waping',
  },
  WAPING_SINK_NATS_STREAM: {
    schema: z
      .string()
      .max(100)
      .regex(/^[\w-]+$/)
      .default('WAPING'),
    help: 'the name of a stream: letters, digits, _ and -',
  },
  WAPING_SINK_AMQP_URL: {
    schema: address(/^amqps?$/),
    help: 'amqp://user:password@host:5672/vhost, or amqps://… ; percent-encode what is special in its parts',
  },
  WAPING_SINK_AMQP_EXCHANGE: {
    schema: z
      .string()
      .max(200)
      .regex(/^[\w.:-]+$/)
      .default('waping'),
    help: 'the name of an exchange: letters, digits, and . : _ -',
  },
  WAPING_SINK_FROM: { schema: z.enum(['now', 'start']).default('now'), help: 'now or start' },
} as const;
