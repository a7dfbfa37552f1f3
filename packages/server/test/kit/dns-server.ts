import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';

const TYPE_A = 1;
const HEADER_BYTES = 12;

/** The question of a query: where it ends, and the type it asks for. */
function questionOf(query: Buffer): { end: number; type: number } {
  let at = HEADER_BYTES;
  while (at < query.length && query[at] !== 0) at += (query[at] ?? 0) + 1;
  return { end: at + 5, type: query.readUInt16BE(at + 1) };
}

/** An answer to a query with these IPv4 addresses, to be forgotten at once (RFC 1035, 4). */
function answerTo(query: Buffer, addresses: readonly string[]): Buffer {
  const { end, type } = questionOf(query);
  const given = type === TYPE_A ? addresses : [];
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(given.length, 6);
  const records = given.map((address) =>
    Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
}

/** A name server on loopback whose one answer, to whatever name, tests change. */
export class DnsServer implements AsyncDisposable {
  addresses: readonly string[] = [];
  /** Questions for IPv4 addresses. */
  asked = 0;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => {
      if (questionOf(query).type === TYPE_A) this.asked += 1;
      socket.send(answerTo(query, this.addresses), from.port, from.address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  /** Asks this server, and no other. */
  get resolver(): (hostname: string) => Promise<readonly string[]> {
    const dns = new Resolver({ timeout: 1_000, tries: 2 });
    dns.setServers([`127.0.0.1:${this.#socket.address().port}`]);
    return (hostname) => dns.resolve4(hostname);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}
