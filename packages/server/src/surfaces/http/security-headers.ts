import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSecure } from './auth/cookies.ts';

/**
 * What stands on every reply, those the router refuses before any hook ran included (which is why no plug-in sets it):
 * nothing is sniffed, framed, kept by a cache or read by another site. Pages replace the policy by one of their own.
 */
const ALWAYS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** What a page gets besides. */
const ON_PAGES = {
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'x-permitted-cross-domain-policies': 'none',
};

const ONE_YEAR = 365 * 24 * 3_600;

/** Sets the headers of a reply. Browsers are held to TLS only where they reach us by it: else none could come back. */
export function secure(request: FastifyRequest, reply: FastifyReply, publicUrl: string): void {
  reply.headers(ALWAYS);
  if (isSecure(request, publicUrl)) reply.header('strict-transport-security', `max-age=${ONE_YEAR}`);
}

/** Sends a page under its content security policy. */
export function sendPage(reply: FastifyReply, policy: string, html: string): FastifyReply {
  return reply
    .headers({ ...ON_PAGES, 'content-security-policy': policy })
    .type('text/html; charset=utf-8')
    .send(html);
}
