import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { type Rates, ratesFor } from '../operations/rate-limits.ts';
import { DEFAULT_FLOOR_BYTES } from '../platform/blob/free-space.ts';
import type { S3Settings } from '../platform/blob/s3-client.ts';
import { StartupError } from '../platform/errors.ts';
import { ALLOW_NONE, type AllowList, parseAllowList } from '../platform/safe-fetch/index.ts';
import { readEnv } from './env.ts';
import { type Liveness, livenessList } from './liveness.ts';
import { parseTrustedProxies, type TrustedProxies } from './proxies.ts';
import { rateList } from './rate-limits.ts';
import { type SinkSettings, sinkSettings } from './sinks.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const hexKey = z.string().regex(/^[0-9a-fA-F]{64}$/);

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;

const settings = {
  WAPING_PORT: { schema: port.default(3000), help: 'a port number from 0 to 65535 (0: any free one)' },
  WAPING_HOST: { schema: z.string().default('127.0.0.1'), help: 'an address to listen on' },
  WAPING_DATA_DIR: { schema: z.string().default(path.join(homedir(), '.waping')), help: 'a directory' },
  DATABASE_URL: {
    schema: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    help: 'postgres://user:password@host/database',
  },
  WAPING_MASTER_KEY: { schema: z.string().optional(), help: '32 bytes as 64 hex digits' },
  WAPING_MASTER_KEY_NEXT: { schema: z.string().optional(), help: '32 bytes as 64 hex digits' },
  WAPING_SANDBOX: { schema: z.enum(['on', 'off']).default('on'), help: 'on or off' },
  WAPING_WHATSAPP_URL: { schema: z.url({ protocol: /^wss?$/ }).optional(), help: 'a ws:// or wss:// address' },
  WAPING_WHATSAPP_ROOT: { schema: hexKey.optional(), help: 'a 32-byte public key as 64 hex digits' },
  WAPING_WHATSAPP_MEDIA_HOST: {
    schema: z
      .string()
      .regex(/^[a-z0-9.-]{1,253}(:\d{1,5})?$/i)
      .optional(),
    help: 'a host, or host:port, that speaks TLS',
  },
  WAPING_PACING: { schema: z.enum(['on', 'off']).default('on'), help: 'on or off' },
  NODE_EXTRA_CA_CERTS: { schema: z.string().optional(), help: 'a PEM file' },
  WAPING_PUBLIC_URL: {
    schema: z
      .url({ protocol: /^https?$/ })
      .refine((url) => new URL(url).href === `${new URL(url).origin}/`)
      .transform((url) => new URL(url).origin)
      .optional(),
    help: 'the address people open, such as https://waping.example.com, without a path',
  },
  WAPING_OWNER_EMAIL: { schema: z.email().max(254).optional(), help: 'an email address' },
  WAPING_OWNER_PASSWORD: { schema: z.string().min(10).max(256).optional(), help: 'a password of 10 to 256 characters' },
  WAPING_SMTP_URL: {
    schema: z.url({ protocol: /^smtps?$/ }).optional(),
    help: 'smtp://user:password@host:587 or smtps://user:password@host:465',
  },
  WAPING_MAIL_FROM: { schema: z.string().max(320).default('WAPing <waping@localhost>'), help: 'a sender address' },
  WAPING_LOG_LEVEL: {
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    help: 'trace, debug, info, warn, error or silent',
  },
  WAPING_RATE_LIMIT: {
    schema: z.coerce.number().int().min(1).max(10_000_000).default(6_000),
    help: 'requests a minute for each API key',
  },
  WAPING_RATE_LIMITS: {
    schema: rateList.default({}),
    help: 'a list such as workspace=12000,device=3000,export=off; see docs/guides/rate-limits.md',
  },
  WAPING_TRUSTED_PROXIES: {
    schema: z
      .string()
      .max(2_000)
      .transform((text, ctx): TrustedProxies => {
        const proxies = parseTrustedProxies(text);
        if (!proxies) ctx.addIssue({ code: 'custom', message: 'neither networks nor a number of hops' });
        return proxies;
      })
      .optional(),
    help: 'addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8, or a number of hops from 1 to 10',
  },
  WAPING_S3_ENDPOINT: {
    schema: z
      .url({ protocol: /^https?$/ })
      .refine((url) => new URL(url).href === `${new URL(url).origin}/`)
      .transform((url) => new URL(url).origin)
      .optional(),
    help: 'an http or https address without a path, such as https://s3.eu-central-1.amazonaws.com',
  },
  WAPING_S3_BUCKET: {
    schema: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
      .optional(),
    help: 'a bucket',
  },
  WAPING_S3_REGION: {
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/)
      .default('us-east-1'),
    help: 'a region',
  },
  WAPING_S3_ACCESS_KEY_ID: { schema: z.string().min(1).max(128).optional(), help: 'the id of an access key' },
  WAPING_S3_SECRET_ACCESS_KEY: { schema: z.string().min(1).max(256).optional(), help: 'the secret of that key' },
  WAPING_PRIVATE_HOSTS: {
    schema: z
      .string()
      .max(2_000)
      .transform((text, ctx): AllowList => {
        const list = parseAllowList(text);
        if (!list) ctx.addIssue({ code: 'custom', message: 'neither networks nor host names' });
        return list ?? ALLOW_NONE;
      })
      .optional(),
    help: 'networks and host names separated by commas, such as 10.0.0.0/8,files.intranet',
  },
  WAPING_CONNECTIONS_PER_ADDRESS: {
    schema: z.coerce.number().int().min(1).max(100_000).default(1_000),
    help: 'connections one address may hold, 1 to 100000',
  },
  WAPING_ENGINE_WORKERS: {
    schema: z.coerce.number().int().min(1).max(64).optional(),
    help: 'engine processes for each network, 1 to 64',
  },
  WAPING_FFMPEG: { schema: z.string().min(1).max(1_024).default('ffmpeg'), help: 'the path of the program ffmpeg' },
  WAPING_DISK_FLOOR: {
    schema: z.coerce
      .number()
      .int()
      .min(0)
      .max(1_000_000_000)
      .default(DEFAULT_FLOOR_BYTES / MIB),
    help: 'MiB of the disk that media leaves free, such as 500',
  },
  WAPING_LIVENESS: {
    schema: livenessList.default({}),
    help: 'a list such as silent=45000,ack=25000; see docs/guides/devices.md',
  },
  WAPING_WEBHOOK_PAUSE_HOURS: {
    schema: z.coerce.number().min(1).max(720).default(12),
    help: 'hours of nothing but failures after which a webhook is paused, 1 to 720',
  },
  ...sinkSettings,
  WAPING_PLANS: { schema: z.string().optional(), help: 'a JSON file, see docs/guides/plans.md' },
  WAPING_OPERATOR_KEY: {
    schema: z
      .string()
      .regex(/^[\x21-\x7e]{32,512}$/)
      .optional(),
    help: '32 or more visible ASCII characters, for example from: openssl rand -hex 32',
  },
  WAPING_FAULT_POINT: { schema: z.string().optional(), help: 'for the crash suite: point:passes' },
  WAPING_WORKER_FAULT_POINT: { schema: z.string().optional(), help: 'for the crash suite: point:passes' },
} as const;

/** Settings of one process, checked. See docs/guides/configuration.md for what each does. */
export interface Config {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | undefined;
  masterKey: string | undefined;
  /** The key that is to take its place, while a rotation runs. */
  nextMasterKey: string | undefined;
  sandbox: boolean;
  whatsapp: {
    url: string | undefined;
    rootKey: string | undefined;
    caFile: string | undefined;
    /** Answers for WhatsApp's media host. */
    mediaHost: string | undefined;
  };
  /** False only on a server that is not WhatsApp's: devices of network `whatsapp` are then not paced. */
  pacing: boolean;
  /** Origin that people open, without a slash at its end; undefined: where the server listens. */
  publicUrl: string | undefined;
  /** The first owner, where the operator chooses. */
  owner: { email: string | undefined; password: string | undefined };
  mail: { smtpUrl: string | undefined; from: string };
  logLevel: string;
  rates: Rates;
  /** Whose X-Forwarded-* headers are believed; null: nobody's. */
  trustedProxies: TrustedProxies;
  /** The bucket media is kept in; null: below the data directory. */
  s3: S3Settings | null;
  /** Where outside URLs may lead though it is private. */
  privateHosts: AllowList;
  connectionsPerAddress: number;
  engineWorkers: number | undefined;
  /** Media is not taken while less of the data directory's disk is free. */
  diskFloorBytes: number;
  /** The program that makes any audio a voice message. */
  ffmpeg: string;
  /** When a session is taken for deaf, where that is not the default. */
  liveness: Liveness;
  /** Milliseconds of nothing but failures after which a webhook endpoint is paused. */
  webhookPauseMs: number;
  /** The operator's brokers that events go to. */
  sinks: SinkSettings;
  /** File of plans; the defaults without one. */
  plansFile: string | undefined;
  /** Opens the operator's operations, which do not exist without it. */
  operatorKey: string | undefined;
  faultPoint: string | undefined;
  workerFaultPoint: string | undefined;
}

function read<K extends keyof typeof settings>(name: K): z.output<(typeof settings)[K]['schema']> {
  const { schema, help } = settings[name];
  const parsed = schema.safeParse(readEnv(name));
  if (parsed.success) return asSetting<K>(parsed.data);
  // The value stays out of the message: it may be a secret in the wrong variable.
  throw new StartupError(`${name} is not valid`, `Set it to ${help}.`);
}

// `parsed.data` is the output of exactly this setting's schema; the union over all settings hides that from the compiler.
function asSetting<K extends keyof typeof settings>(value: unknown): z.output<(typeof settings)[K]['schema']> {
  return value as z.output<(typeof settings)[K]['schema']>;
}

// Unpaced sends get numbers restricted: only who has a network of their own may have them.
function readPacing(): boolean {
  if (read('WAPING_PACING') === 'on') return true;
  if (read('WAPING_WHATSAPP_URL') !== undefined) return false;
  throw new StartupError(
    'WAPING_PACING=off is for a network of your own, and WAPING_WHATSAPP_URL names none',
    'Unset WAPING_PACING, or set WAPING_WHATSAPP_URL to the server your devices connect to.',
  );
}

// Half a bucket would keep media in one place today and in another tomorrow.
function readS3(): S3Settings | null {
  const endpoint = read('WAPING_S3_ENDPOINT');
  const bucket = read('WAPING_S3_BUCKET');
  const accessKeyId = read('WAPING_S3_ACCESS_KEY_ID');
  const secretAccessKey = read('WAPING_S3_SECRET_ACCESS_KEY');
  if (!endpoint && !bucket && !accessKeyId && !secretAccessKey) return null;
  if (endpoint && bucket && accessKeyId && secretAccessKey)
    return { endpoint, bucket, region: read('WAPING_S3_REGION'), accessKeyId, secretAccessKey };
  throw new StartupError(
    'the bucket for media is only half configured',
    'Set WAPING_S3_ENDPOINT, WAPING_S3_BUCKET, WAPING_S3_ACCESS_KEY_ID and WAPING_S3_SECRET_ACCESS_KEY, or none.',
  );
}

function readSinks(): SinkSettings {
  const nats = read('WAPING_SINK_NATS_URL');
  const amqp = read('WAPING_SINK_AMQP_URL');
  const subject = read('WAPING_SINK_NATS_SUBJECT');
  const stream = read('WAPING_SINK_NATS_STREAM');
  return {
    nats: nats === undefined ? null : { url: nats, subject, stream },
    amqp: amqp === undefined ? null : { url: amqp, exchange: read('WAPING_SINK_AMQP_EXCHANGE') },
    fromStart: read('WAPING_SINK_FROM') === 'start',
  };
}

/** Reads and checks every setting. Throws StartupError naming the setting and the cure. */
export function loadConfig(): Config {
  return {
    port: read('WAPING_PORT'),
    host: read('WAPING_HOST'),
    dataDir: path.resolve(read('WAPING_DATA_DIR')),
    databaseUrl: read('DATABASE_URL'),
    masterKey: read('WAPING_MASTER_KEY'),
    nextMasterKey: read('WAPING_MASTER_KEY_NEXT'),
    sandbox: read('WAPING_SANDBOX') === 'on',
    whatsapp: {
      url: read('WAPING_WHATSAPP_URL'),
      rootKey: read('WAPING_WHATSAPP_ROOT'),
      caFile: read('NODE_EXTRA_CA_CERTS'),
      mediaHost: read('WAPING_WHATSAPP_MEDIA_HOST'),
    },
    pacing: readPacing(),
    publicUrl: read('WAPING_PUBLIC_URL'),
    owner: { email: read('WAPING_OWNER_EMAIL'), password: read('WAPING_OWNER_PASSWORD') },
    mail: { smtpUrl: read('WAPING_SMTP_URL'), from: read('WAPING_MAIL_FROM') },
    logLevel: read('WAPING_LOG_LEVEL'),
    rates: ratesFor(read('WAPING_RATE_LIMIT'), read('WAPING_RATE_LIMITS')),
    trustedProxies: read('WAPING_TRUSTED_PROXIES') ?? null,
    s3: readS3(),
    privateHosts: read('WAPING_PRIVATE_HOSTS') ?? ALLOW_NONE,
    connectionsPerAddress: read('WAPING_CONNECTIONS_PER_ADDRESS'),
    engineWorkers: read('WAPING_ENGINE_WORKERS'),
    diskFloorBytes: read('WAPING_DISK_FLOOR') * MIB,
    ffmpeg: read('WAPING_FFMPEG'),
    liveness: read('WAPING_LIVENESS'),
    webhookPauseMs: read('WAPING_WEBHOOK_PAUSE_HOURS') * HOUR_MS,
    sinks: readSinks(),
    plansFile: read('WAPING_PLANS'),
    operatorKey: read('WAPING_OPERATOR_KEY'),
    faultPoint: read('WAPING_FAULT_POINT'),
    workerFaultPoint: read('WAPING_WORKER_FAULT_POINT'),
  };
}
