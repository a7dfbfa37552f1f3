import type { FastifyReply, FastifyRequest } from 'fastify';
import { SESSION_MS } from '../../../features/members/index.ts';

/** As long as a link page can work. */
const LINK_SECONDS = 24 * 3_600;
const BROWSER_SECONDS = 400 * 24 * 3_600;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

type CookieName = 'waping_session' | 'waping_browser' | 'waping_link';

/** Whether a browser reaches us over TLS: by its own connection, or by the address the operator says people use. */
export function isSecure(request: FastifyRequest, publicUrl: string): boolean {
  return request.protocol === 'https' || publicUrl.startsWith('https:');
}

// Under TLS a name only this host can set: a cookie planted over plain HTTP, or by a sibling host, has another.
const nameOf = (name: CookieName, secure: boolean) => (secure ? `__Host-${name}` : name);

/** A secret of ours from the Cookie header; null when there is none, or what is there cannot be one. */
export function readCookie(request: FastifyRequest, name: CookieName, publicUrl: string): string | null {
  const wanted = `${nameOf(name, isSecure(request, publicUrl))}=`;
  const pair = (request.headers.cookie ?? '').split(';').find((part) => part.trim().startsWith(wanted));
  const value = pair?.trim().slice(wanted.length) ?? '';
  return SECRET.test(value) ? value : null;
}

/** What a reply does to the cookies: a secret sets one, null takes it away, nothing leaves it. */
export interface CookieChange {
  session?: string | null;
  browser?: string;
  /** Of a hosted link page. */
  link?: string;
}

function setCookie(name: string, value: string, { seconds, secure }: { seconds: number; secure: boolean }): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

export function writeCookies(
  reply: FastifyReply,
  change: CookieChange,
  { request, publicUrl }: { request: FastifyRequest; publicUrl: string },
): void {
  const secure = isSecure(request, publicUrl);
  const cookies: string[] = [];
  if (change.session !== undefined) {
    const seconds = change.session === null ? 0 : SESSION_MS / 1000;
    cookies.push(setCookie(nameOf('waping_session', secure), change.session ?? '', { seconds, secure }));
  }
  if (change.browser !== undefined) {
    cookies.push(setCookie(nameOf('waping_browser', secure), change.browser, { seconds: BROWSER_SECONDS, secure }));
  }
  if (change.link !== undefined) {
    cookies.push(setCookie(nameOf('waping_link', secure), change.link, { seconds: LINK_SECONDS, secure }));
  }
  if (cookies.length > 0) reply.header('set-cookie', cookies);
}
