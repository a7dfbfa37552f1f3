import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { type Json, objectOf } from './api.ts';

/** One request, as it came. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  json: Json;
}

/** What a path does with a request; nothing: 200. */
export type Behaviour = (response: ServerResponse, request: Received) => void;

const ok: Behaviour = (response) => response.writeHead(200).end('thanks');

/** A webhook receiver on loopback: it echoes challenges and keeps everything else it gets. */
export class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly challenges: Received[] = [];
  /** By path. */
  readonly behaviours = new Map<string, Behaviour>();
  echoes = true;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('error', () => response.destroy());
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        const { headers, url: path = '' } = request;
        this.#take({ path, headers, body, json: objectOf({ value: JSON.parse(body) }, 'value') }, response);
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  #take(request: Received, response: ServerResponse): void {
    if (request.json['type'] === 'webhook.challenge') {
      this.challenges.push(request);
      const { challenge } = request.json;
      response.writeHead(200).end(this.echoes ? JSON.stringify({ challenge }) : 'hello');
      return;
    }
    this.received.push(request);
    (this.behaviours.get(request.path) ?? ok)(response, request);
  }

  /** As it began: nothing received, every path answers 200, challenges are echoed. */
  forget(): void {
    this.received.length = 0;
    this.challenges.length = 0;
    this.behaviours.clear();
    this.echoes = true;
  }

  /** What came to a path. */
  at(path: string): Received[] {
    return this.received.filter((one) => one.path === path);
  }

  /** Waits until so many requests have come to a path. */
  async until(path: string, count: number, timeout = 30_000): Promise<Received[]> {
    await expect.poll(() => this.at(path).length, { timeout, interval: 10 }).toBeGreaterThanOrEqual(count);
    return this.at(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
