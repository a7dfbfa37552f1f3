import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlClient } from '@waping/sandbox';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { MediaKind } from '../../src/engine/port.ts';
import { type Json, objectOf, type Reply, rowsOf } from './api.ts';
import { pdfOf, pictureOf, videoOf, voiceOf, wavOf } from './files.ts';
import { sandboxControl } from './sandbox-control.ts';
import { expectOk, linkSandboxDevice } from './sandbox-device.ts';
import { TestServer } from './server.ts';

export const SHOP = '+15550001100';
export const BRANCH = '+15550001101';
export const ADA = '+15550002100';
export const BEN = '+15550002101';

/** A file of each kind, the same at each call but for the random bytes within. */
export const FILES: Record<MediaKind, () => Promise<Buffer>> = {
  image: () => pictureOf(640, 480, 'jpeg'),
  video: async () => videoOf(60_000),
  audio: async () => wavOf(3),
  voice: async () => voiceOf(3),
  document: async () => pdfOf(50_000),
  sticker: () => pictureOf(512, 512, 'webp'),
};
/** What is said with it. */
export const SAID: Record<MediaKind, Json> = {
  image: { caption: 'seen 😀', viewOnce: true },
  video: { caption: 'moved' },
  audio: { viewOnce: true },
  voice: {},
  document: { caption: 'the bill', fileName: 'Rechnung ä.pdf' },
  sticker: {},
};
export const TYPES: Record<MediaKind, string> = {
  image: 'image/jpeg',
  video: 'video/mp4',
  audio: 'audio/wav',
  voice: 'audio/ogg; codecs=opus',
  document: 'application/pdf',
  sticker: 'image/webp',
};

export const mediaOf = (message: Json) => objectOf(message, 'media');
export const idOf = async (reply: Promise<Reply>) => String((await expectOk(reply))['id']);

/** A file of the kind, and the message that carries it within. */
export async function inline(kind: MediaKind): Promise<{ bytes: Buffer; message: Json }> {
  const bytes = await FILES[kind]();
  return { bytes, message: { type: kind, [kind]: { base64: bytes.toString('base64'), ...SAID[kind] } } };
}

/** What a phone is told to send to the shop. */
export function fromPhone(kind: MediaKind, bytes: Buffer, more: Json = {}): Json {
  return { to: SHOP, media: { kind, mimeType: TYPES[kind], base64: bytes.toString('base64'), ...SAID[kind], ...more } };
}

/** A gateway with two linked devices, two phones, and a web server beside it. */
export class MediaScene implements AsyncDisposable {
  readonly server: TestServer;
  readonly network: ControlClient;
  readonly deviceId: string;
  readonly branchId: string;
  readonly webUrl: string;
  /** Where an `ffmpeg` may be put that the gateway uses. */
  readonly dir: string;
  /** What the web server answers, by path. */
  readonly pages: Map<string, Page>;
  /** Requests under `/silent`, which it never answers. */
  readonly silent: Set<ServerResponse>;
  readonly #web: Server;

  private constructor(parts: Parts) {
    const { server, network, deviceId, branchId, dir, web } = parts;
    this.server = server;
    this.network = network;
    this.deviceId = deviceId;
    this.branchId = branchId;
    this.dir = dir;
    this.pages = web.pages;
    this.silent = web.silent;
    this.webUrl = web.url;
    this.#web = web.http;
  }

  static async start(): Promise<MediaScene> {
    const dir = await mkdtemp(join(tmpdir(), 'waping-ffmpeg-'));
    const server = await TestServer.start({
      env: { WAPING_PRIVATE_HOSTS: '127.0.0.0/8', WAPING_FFMPEG: join(dir, 'ffmpeg') },
    });
    const network = await sandboxControl(server.dataDir);
    const deviceId = await linkSandboxDevice(server.api, SHOP);
    const branchId = await linkSandboxDevice(server.api, BRANCH);
    for (const phone of [ADA, BEN]) await expectOk(server.api.post('/v1/sandbox/phones', { phone, name: phone }));
    return new MediaScene({ server, network, deviceId, branchId, dir, web: await startWeb() });
  }

  /** Ends the faults of the media host. */
  async heal(): Promise<void> {
    for (const target of ['*', 'upload']) await this.network.call('media.fault', { target, fault: null });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#web.close();
    await this.server[Symbol.asyncDispose]();
    await rm(this.dir, { recursive: true, force: true });
  }

  post(to: string, message: Json): Promise<Reply> {
    return this.server.api.post('/v1/messages', { deviceId: this.deviceId, to, ...message });
  }

  reached(id: string): Promise<Json> {
    return this.server.api.until(`/v1/messages/${id}`, (m) => m['status'] === 'delivered' || m['status'] === 'read');
  }

  async onPhone(phone: string, find: (message: Json) => boolean): Promise<Json> {
    const path = `/v1/sandbox/phones/${phone}/messages?limit=100`;
    return rowsOf(await this.server.api.until(path, (body) => rowsOf(body).some(find))).findLast(find) ?? {};
  }

  async arrived(device: string, from: string, sha256: string, status = 'ready'): Promise<Json> {
    const path = `/v1/messages?direction=inbound&deviceId=${device}&phone=${encodeURIComponent(from)}&limit=100`;
    const find = (message: Json) => mediaOf(message)['sha256'] === sha256 && mediaOf(message)['status'] === status;
    return rowsOf(await this.server.api.until(path, (body) => rowsOf(body).some(find))).find(find) ?? {};
  }

  async bytesOf(mediaId: unknown): Promise<Buffer> {
    const response = await fetch(`${this.server.url}/v1/media/${String(mediaId)}/content`, {
      headers: { authorization: `Bearer ${this.server.apiKey}` },
    });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  }

  /** Lets a phone send; the id WhatsApp has for it. */
  async act(phone: string, body: Json): Promise<string> {
    return String((await expectOk(this.server.api.post(`/v1/sandbox/phones/${phone}/messages`, body)))['id']);
  }

  async eventsOf(type: string, messageId: unknown): Promise<Json[]> {
    const rows = rowsOf(await expectOk(this.server.api.get(`/v1/events?types=${type}&limit=100`)));
    return rows.filter((event) => objectOf(event, 'data')['messageId'] === messageId);
  }
}

interface Page {
  type: string;
  body: Buffer;
  status?: number;
}

interface Parts {
  server: TestServer;
  network: ControlClient;
  deviceId: string;
  branchId: string;
  dir: string;
  web: Awaited<ReturnType<typeof startWeb>>;
}

async function startWeb() {
  const pages = new Map<string, Page>();
  const silent = new Set<ServerResponse>();
  const http = createServer((request, response) => {
    if (request.url?.startsWith('/silent')) {
      silent.add(response);
      response.on('close', () => silent.delete(response));
      return;
    }
    const page = pages.get(request.url ?? '');
    response.writeHead(page ? (page.status ?? 200) : 404, { 'content-type': page?.type ?? 'text/plain' });
    response.end(page?.body ?? 'nothing');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  // Guarantee: a server that listens on a port has an AddressInfo.
  return { http, pages, silent, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** The scene of a test file, from before its first test to after its last, healed after each. */
export function mediaScene(): () => MediaScene {
  let scene: MediaScene | undefined;
  beforeAll(async () => {
    scene = await MediaScene.start();
  });
  afterEach(() => scene?.heal());
  afterAll(() => scene?.[Symbol.asyncDispose]());
  return () => {
    if (!scene) throw new Error('The scene is set before the first test: call this inside one');
    return scene;
  };
}
