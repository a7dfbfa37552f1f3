import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ChannelModel, connect, type GetMessage } from 'amqplib';
import { freePort, GuardedChild } from './child.ts';
import { installed, unpacked } from './debian.ts';

const START_MS = 90_000;
export const RABBIT_USER = 'waping';
/** Needs decoding in an address, and must never be seen in a log. */
export const RABBIT_PASSWORD = 'rabbit/S3cret@x';

/** What RabbitMQ needs of Erlang. */
const ERLANG = [
  ...['asn1', 'base', 'crypto', 'eldap', 'ftp', 'inets', 'mnesia', 'os-mon', 'parsetools', 'public-key'],
  ...['runtime-tools', 'snmp', 'ssl', 'syntax-tools', 'tftp', 'tools', 'xmerl'],
];

interface Programs {
  server: string;
  epmd: string;
  path: string;
}

/** Erlang's own `erl` names the place it is installed in: this one names the place it was unpacked to. */
async function programs(dir: string): Promise<Programs> {
  const inherited = process.env['PATH'] ?? '';
  if ((await installed('apt-get')) === null) {
    const [server, epmd] = await Promise.all([installed('rabbitmq-server'), installed('epmd')]);
    if (server === null || epmd === null) throw new Error('These tests need RabbitMQ: install rabbitmq-server');
    return { server, epmd, path: inherited };
  }
  const root = await unpacked('rabbitmq', ['rabbitmq-server', ...ERLANG.map((name) => `erlang-${name}`)]);
  const erlang = path.join(root, 'usr/lib/erlang');
  const runtime = await only(erlang, /^erts-/);
  const rabbit = await only(path.join(root, 'usr/lib/rabbitmq/lib'), /^rabbitmq_server-/);
  const script = [
    '#!/bin/sh',
    `ROOTDIR=${erlang} BINDIR=${runtime}/bin EMU=beam PROGNAME=erl`,
    'export ROOTDIR BINDIR EMU PROGNAME',
    'exec "$BINDIR/erlexec" "$@"',
    '',
  ].join('\n');
  await writeFile(path.join(dir, 'erl'), script);
  await chmod(path.join(dir, 'erl'), 0o755);
  return {
    server: path.join(rabbit, 'sbin/rabbitmq-server'),
    epmd: path.join(runtime, 'bin/epmd'),
    path: [dir, path.join(erlang, 'bin'), inherited].join(path.delimiter),
  };
}

async function only(dir: string, name: RegExp): Promise<string> {
  const [found, ...more] = (await readdir(dir)).filter((entry) => name.test(entry));
  if (found === undefined || more.length > 0) throw new Error(`not one ${name} in ${dir}`);
  return path.join(dir, found);
}

/** A RabbitMQ of our own, on loopback. It can be killed and started again on what it stored. */
export class RabbitServer implements AsyncDisposable {
  readonly port: number;
  readonly #dir: string;
  readonly #ports: { epmd: number; dist: number };
  #children: GuardedChild[] = [];

  private constructor(dir: string, ports: { port: number; epmd: number; dist: number }) {
    this.#dir = dir;
    this.port = ports.port;
    this.#ports = ports;
  }

  static async start(): Promise<RabbitServer> {
    const dir = await mkdtemp(path.join(tmpdir(), 'waping-rabbit-'));
    const [port, epmd, dist] = [await freePort(), await freePort(), await freePort()];
    await writeFile(path.join(dir, 'enabled_plugins'), '[].\n');
    const settings = { default_user: RABBIT_USER, default_pass: RABBIT_PASSWORD, 'log.console.level': 'info' };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
    await writeFile(path.join(dir, 'rabbitmq.conf'), lines.join(''));
    const server = new RabbitServer(dir, { port, epmd, dist });
    await server.start();
    return server;
  }

  get url(): string {
    return `amqp://${RABBIT_USER}:${encodeURIComponent(RABBIT_PASSWORD)}@127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const { server, epmd, path: search } = await programs(this.#dir);
    const env = { ...this.#env(), PATH: search };
    const options = { cwd: this.#dir, env };
    this.#children = [new GuardedChild(epmd, [], options), new GuardedChild(server, [], options)];
    await this.#children[1]?.until(/Server startup complete/, START_MS);
  }

  #env(): Record<string, string> {
    const inside = (name: string): string => path.join(this.#dir, name);
    return {
      HOME: this.#dir,
      ERL_EPMD_PORT: String(this.#ports.epmd),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: 'waping@localhost',
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(this.port),
      RABBITMQ_DIST_PORT: String(this.#ports.dist),
      RABBITMQ_MNESIA_BASE: inside('mnesia'),
      RABBITMQ_LOG_BASE: inside('log'),
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: inside('rabbitmq.conf'),
      RABBITMQ_CONF_ENV_FILE: inside('none.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: inside('enabled_plugins'),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}',
    };
  }

  async kill(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.kill()));
    this.#children = [];
  }

  connect(): Promise<ChannelModel> {
    const { port } = this;
    return connect({ hostname: '127.0.0.1', port, username: RABBIT_USER, password: RABBIT_PASSWORD });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Makes a durable queue bound to an exchange, which it makes of the given type. */
export async function bindQueue(
  rabbit: RabbitServer,
  bound: { queue: string; exchange: string; type: string; pattern: string },
): Promise<void> {
  const connection = await rabbit.connect();
  const channel = await connection.createChannel();
  await channel.assertExchange(bound.exchange, bound.type, { durable: true });
  await channel.assertQueue(bound.queue, { durable: true });
  await channel.bindQueue(bound.queue, bound.exchange, bound.pattern);
  await connection.close();
}

/** Takes everything out of a queue, oldest first. */
export async function takeAll(rabbit: RabbitServer, queue: string): Promise<GetMessage[]> {
  const connection = await rabbit.connect();
  const channel = await connection.createChannel();
  const taken: GetMessage[] = [];
  for (;;) {
    const message = await channel.get(queue, { noAck: true });
    if (message === false) break;
    taken.push(message);
  }
  await connection.close();
  return taken;
}
