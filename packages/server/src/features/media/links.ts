import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a signed link opens, until when (seconds since 1970). */
export interface MediaLink {
  workspaceId: string;
  mediaId: string;
  expires: number;
}

/** Seconds a link may live. */
export const MAX_LINK_SECONDS = 24 * 3_600;

const SIGNATURE = /^[A-Za-z0-9_-]{43}$/;

function sign(dataKey: Uint8Array, { workspaceId, mediaId, expires }: MediaLink): Buffer {
  // A key of its own: what signs links is nothing that opens anything sealed.
  const key = createHmac('sha256', dataKey).update('waping/media-link/v1').digest();
  return createHmac('sha256', key).update(`${workspaceId}/${mediaId}/${expires}`).digest();
}

/**
 * Links to media that need no key: a signature under the workspace's data key says who made them for what and until
 * when. They end with their time, with the media and with the workspace.
 */
export class MediaLinks {
  readonly #dataKey: (workspaceId: string) => Promise<Uint8Array>;

  constructor(dataKey: (workspaceId: string) => Promise<Uint8Array>) {
    this.#dataKey = dataKey;
  }

  /** Path and query of a link. */
  async path(link: MediaLink): Promise<string> {
    const signature = sign(await this.#dataKey(link.workspaceId), link).toString('base64url');
    return `/media/${link.workspaceId}/${link.mediaId}?expires=${link.expires}&signature=${signature}`;
  }

  /** Whether a link was made here and is still good. */
  async isGood(link: MediaLink, signature: string, now: Date): Promise<boolean> {
    const seconds = now.getTime() / 1000;
    const lives = link.expires > seconds && link.expires <= seconds + MAX_LINK_SECONDS + 60;
    if (!lives || !SIGNATURE.test(signature)) return false;
    const given = Buffer.from(signature, 'base64url');
    const right = sign(await this.#dataKey(link.workspaceId), link);
    return given.length === right.length && timingSafeEqual(given, right);
  }
}
