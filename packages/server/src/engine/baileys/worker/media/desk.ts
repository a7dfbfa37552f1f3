import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type Asks,
  EngineAskError,
  type LocalFile,
  MEDIA_REFUSED,
  type MediaOfMessage,
  type MediaToFetch,
} from '../../../asks.ts';
import { child, children, node } from '../asks/nodes.ts';
import { type AskTools, askError, query, SERVER } from '../asks/tools.ts';
import { Semaphore } from '../semaphore.ts';
import { decryptInto } from './decrypt.ts';
import { encryptFile } from './encrypt.ts';
import { GoneError, openBlob, type Uploaded, type UploadTarget, uploadTo } from './host.ts';
import type { MediaReference } from './reference.ts';
import { askForUpload } from './reupload.ts';

export interface MediaDeskDeps {
  /** For encrypted files on their way. */
  mediaDir: string;
  seal: (reference: MediaReference) => Uint8Array;
  /** Throws where it was sealed by another device or key. */
  open: (sealed: Uint8Array) => MediaReference;
}

/** Files of one session on their way at once, in each direction; what is more waits. */
const AT_ONCE = 3;
/** A token that ends within this time is renewed. */
const TOKEN_MARGIN_MS = 60_000;

/** Carries files between this machine and WhatsApp's media hosts for one session. */
export class MediaDesk {
  readonly #deps: MediaDeskDeps;
  readonly #uploads = new Semaphore(AT_ONCE);
  readonly #downloads = new Semaphore(AT_ONCE);
  #target: (UploadTarget & { until: number }) | undefined;

  constructor(deps: MediaDeskDeps) {
    this.#deps = deps;
  }

  /** The token was this connection's. */
  closed(): void {
    this.#target = undefined;
  }

  /** Rejects with EngineAskError `no_answer` where no host took it: the same again may work. */
  upload(tools: AskTools, { kind, path: from }: Asks['uploadMedia']['input']): Promise<Asks['uploadMedia']['answer']> {
    return this.#uploads.run(async () => {
      const { mediaDir, seal } = this.#deps;
      await mkdir(mediaDir, { recursive: true, mode: 0o700 });
      const to = path.join(mediaDir, `${randomUUID()}.enc`);
      try {
        const { encSize, ...file } = await encryptFile(kind, from, to);
        const place = await this.#place(tools, { ...file, encSize, path: to });
        const sealed = seal({ ...file, ...place });
        return { sealed, size: file.size, sha256: Buffer.from(file.sha256).toString('hex') };
      } catch (error) {
        // Whatever it was (this disk, the connection, the host), it is no word on the file.
        const known = askError(error);
        throw known.reason === 'not_open' ? known : new EngineAskError('no_answer', known.message);
      } finally {
        await rm(to, { force: true });
      }
    });
  }

  /** Rejects with EngineAskError; `refused` with a code of MEDIA_REFUSED is final, but for `notOnHost`. */
  download(input: MediaToFetch): Promise<LocalFile> {
    return this.#downloads.run(async () => {
      const reference = this.#open(input.sealed);
      try {
        return await decryptInto(await openBlob(reference.directPath), reference, input);
      } catch (error) {
        await rm(input.path, { force: true });
        if (!(error instanceof GoneError)) throw error;
        throw new EngineAskError('refused', error.message, { code: MEDIA_REFUSED.notOnHost });
      }
    });
  }

  /** Rejects with EngineAskError: see `askForUpload`. */
  async reupload(tools: AskTools, message: MediaOfMessage): Promise<Asks['reuploadMedia']['answer']> {
    const reference = this.#open(message.sealed);
    const directPath = await askForUpload(tools, reference, message);
    return { sealed: this.#deps.seal({ ...reference, directPath }) };
  }

  #open(sealed: Uint8Array): MediaReference {
    try {
      return this.#deps.open(sealed);
    } catch {
      throw new EngineAskError('refused', 'the reference belongs to another device', { code: MEDIA_REFUSED.gone });
    }
  }

  async #place(tools: AskTools, file: Parameters<typeof uploadTo>[2]): Promise<Uploaded> {
    let failure = 'WhatsApp named no media host';
    for (const renew of [false, true]) {
      const { hosts, auth } = await this.#targetNow(tools, renew);
      for (const host of hosts) {
        try {
          return await uploadTo(host, auth, file);
        } catch (error) {
          failure = error instanceof Error ? error.message.slice(0, 200) : failure;
        }
      }
    }
    throw new EngineAskError('no_answer', `the file could not be uploaded: ${failure}`);
  }

  /** Asks itself: Baileys keeps a failed answer until the connection ends. */
  async #targetNow(tools: AskTools, renew: boolean): Promise<UploadTarget> {
    if (!renew && this.#target && Date.now() < this.#target.until) return this.#target;
    const answer = await query(tools, { to: SERVER, xmlns: 'w:m', type: 'set' }, node('media_conn', {}));
    const connection = child(answer, 'media_conn');
    const hosts = children(connection, 'host').flatMap(({ attrs }) => attrs.hostname ?? []);
    const until = Date.now() + Number(connection?.attrs.ttl ?? 0) * 1000 - TOKEN_MARGIN_MS;
    this.#target = { hosts, auth: connection?.attrs.auth ?? '', until };
    return this.#target;
  }
}
