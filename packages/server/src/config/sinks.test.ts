import { describe, expect, it } from 'vitest';
import { sinkSettings } from './sinks.ts';

const takes = (name: keyof typeof sinkSettings, value: string): boolean =>
  sinkSettings[name].schema.safeParse(value).success;

describe('the settings of sinks', () => {
  it.each([
    ['WAPING_SINK_NATS_URL', ['nats://h', 'nats://u:p%40@h:4333', 'tls://token@n.example.com', 'nats://[::1]:4222']],
    ['WAPING_SINK_AMQP_URL', ['amqp://u:p@h', 'amqps://u:p@mq.example.com:5671/my%2Fhost']],
    ['WAPING_SINK_NATS_SUBJECT', ['waping', 'prod.eu-1.waping']],
    ['WAPING_SINK_NATS_STREAM', ['WAPING', 'waping_1']],
    ['WAPING_SINK_AMQP_EXCHANGE', ['waping', 'amq.topic']],
    ['WAPING_SINK_FROM', ['now', 'start']],
  ] as const)('%s takes %j', (name, values) => {
    for (const value of values) expect(takes(name, value), value).toBe(true);
  });

  it.each([
    ['WAPING_SINK_NATS_URL', ['http://h', 'nats://', 'nats://u:%zz@h', 'h:4222', 'amqp://h']],
    ['WAPING_SINK_AMQP_URL', ['nats://h', 'amqp://', 'amqp://u:p@h/%ff', '5672']],
    ['WAPING_SINK_NATS_SUBJECT', ['', '.', 'a..b', 'a.>', 'a.*', 'a b']],
    ['WAPING_SINK_NATS_STREAM', ['', 'a.b', 'a b', 'a>']],
    ['WAPING_SINK_AMQP_EXCHANGE', ['', 'a b', 'x'.repeat(201)]],
    ['WAPING_SINK_FROM', ['', 'end']],
  ] as const)('%s refuses %j', (name, values) => {
    for (const value of values) expect(takes(name, value), value).toBe(false);
  });
});
