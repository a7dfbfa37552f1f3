import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

/** An SMTP server that keeps what it is sent. */
export class SmtpSink implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #mails: string[];
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, parts: { mails: string[]; sockets: Set<Socket>; port: number }) {
    this.#server = server;
    this.#mails = parts.mails;
    this.#sockets = parts.sockets;
    this.url = `smtp://127.0.0.1:${parts.port}`;
  }

  static async start(): Promise<SmtpSink> {
    const mails: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      converse(socket, (mail) => mails.push(mail));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    return new SmtpSink(server, { mails, sockets, port });
  }

  /** Mails to one address: their texts as sent, soft line breaks joined. */
  mailsTo(email: string): string[] {
    return this.#mails
      .filter((mail) => new RegExp(`^To: .*${email.replaceAll('.', '\\.')}`, 'im').test(mail))
      .map((mail) => mail.replace(/=\r\n/g, '').replaceAll('=3D', '='));
  }

  get count(): number {
    return this.#mails.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

function converse(socket: Socket, onMail: (mail: string) => void): void {
  let buffer = '';
  let inData = false;
  const answer = (line: string) => socket.write(`${line}\r\n`);
  answer('220 sink');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    buffer += chunk.toString();
    for (;;) {
      const end = buffer.indexOf(inData ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const text = buffer.slice(0, end);
      buffer = buffer.slice(end + (inData ? 5 : 2));
      if (inData) {
        inData = false;
        onMail(text);
        answer('250 kept');
      } else if (/^DATA/i.test(text)) {
        inData = true;
        answer('354 go on');
      } else if (/^QUIT/i.test(text)) {
        answer('221 bye');
        socket.end();
      } else answer('250 ok');
    }
  });
}
