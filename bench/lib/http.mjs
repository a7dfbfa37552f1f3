import { connect } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection that sends one request at a time. It costs a tenth of what `node:http` does, which
 * matters where client and server share two cores.
 */
export class Connection {
  #socket;
  #received = Buffer.alloc(0);
  #waiting = null;
  #host;
  #open = true;

  constructor(url) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** False once the server has closed it, as it does after a few seconds without a request. */
  get open() {
    return this.#open;
  }

  /** Resolves with `{status, text}`. */
  request(method, path, { key, body, headers = '' } = {}) {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const lines = [
      `${method} ${path} HTTP/1.1`,
      `host: ${this.#host}`,
      `authorization: Bearer ${key}`,
      ...(body === undefined
        ? []
        : ['content-type: application/json', `content-length: ${Buffer.byteLength(payload)}`]),
    ];
    if (!this.#open) return Promise.reject(new Error('the server closed the connection'));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(`${lines.join('\r\n')}\r\n${headers}\r\n${payload}`);
    });
  }

  close() {
    this.#open = false;
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const end = headEnd + HEAD_END.length + length;
    if (this.#received.length < end) return;
    const text = this.#received.toString('utf8', headEnd + HEAD_END.length, end);
    this.#received = this.#received.subarray(end);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve({ status: Number(head.slice(9, 12)), text });
  }

  #fail(error) {
    this.#open = false;
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}

/** A few connections to one server, each used by one caller at a time. */
export class Pool {
  #connections;

  constructor(url, size) {
    this.#connections = Array.from({ length: size }, () => new Connection(url));
  }

  /** Runs `task(connection, index)` on every connection at once. */
  async each(task) {
    await Promise.all(this.#connections.map(task));
  }

  close() {
    for (const connection of this.#connections) connection.close();
  }
}
