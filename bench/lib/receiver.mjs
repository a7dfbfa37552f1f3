import { once } from 'node:events';
import { createServer } from 'node:http';

/** A receiver that answers at once, but for paths that hang: those it never answers. */
export class Receiver {
  #server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => this.#take(request.url, JSON.parse(Buffer.concat(chunks)), response));
  });
  #seen = () => undefined;
  hangs = false;

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  url(path) {
    return `http://127.0.0.1:${this.#server.address().port}${path}`;
  }

  onEvent(seen) {
    this.#seen = seen;
  }

  #take(path, event, response) {
    if (event.type === 'webhook.challenge') return response.end(JSON.stringify({ challenge: event.challenge }));
    if (this.hangs && path.startsWith('/hanging')) return undefined;
    this.#seen(path, event, performance.now());
    return response.end();
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
