import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { FetchError } from './error.ts';
import { bodyOf, type Exchange, exchange, type Times } from './exchange.ts';
import { type AllowList, addressIn, isAllowedHost, isPublic, mayConnect } from './policy.ts';
import { type Resolver, resolveAllowed, resolverFor } from './resolve.ts';

export const DEFAULT_TIMES: Times = { connectMs: 10_000, headersMs: 20_000, idleMs: 20_000, totalMs: 300_000 };

const MAX_URL = 2_048;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export interface FetchOptions {
  /** GET unless another is given. */
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
  /** Of the answer's body. */
  maxBytes: number;
  /** Redirects followed, each checked like the first URL; 0, the default, answers with the redirect itself. Without a body. */
  maxRedirects?: number;
  /** Ends it before its time: whoever asked does not wait any more. */
  signal?: AbortSignal;
  /** Takes an answer in any encoding, as it came: for who looks at its status. Nothing is decompressed then either. */
  anyEncoding?: boolean;
}

/** An answer from outside. Disposing it ends the connection; reading its body to the end does too. */
export interface FetchedAnswer extends Disposable {
  /** Where it came from in the end. */
  url: string;
  status: number;
  headers: IncomingHttpHeaders;
  /** Rejects with FetchError when it is too long, too slow, or breaks off. */
  body: AsyncIterable<Uint8Array>;
}

/** Reads a URL that may be fetched at all. Throws FetchError. */
export function parseOutsideUrl(text: string): URL {
  const url = text.length <= MAX_URL && URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '' || url.hostname === '')
    throw new FetchError('url');
  return url;
}

/**
 * The one way to an outside URL. Names are resolved here and the checked address is what is connected to; loopback,
 * private and other addresses that are not the internet's are refused in every spelling, after every redirect too;
 * nothing is decompressed; size and time are bounded.
 */
export class SafeFetch {
  readonly #allow: AllowList;
  readonly #resolver: Resolver;
  readonly #times: Times;

  constructor(policy: { allow: AllowList; resolver?: Resolver; times?: Partial<Times> }) {
    this.#allow = policy.allow;
    this.#resolver = policy.resolver ?? resolverFor(policy.allow);
    this.#times = { ...DEFAULT_TIMES, ...policy.times };
  }

  /**
   * What can be told of a URL before anybody is asked: whether the operator allows its host by name or address. Throws
   * FetchError where it could never be fetched: it is none, or its address, written out, is forbidden.
   */
  judge(text: string): { allowed: boolean } {
    const url = parseOutsideUrl(text);
    if (isAllowedHost(this.#allow, url.hostname)) return { allowed: true };
    const address = addressIn(url.hostname);
    if (!address) return { allowed: false };
    if (!mayConnect(this.#allow, address, url.port)) throw new FetchError('forbidden');
    return { allowed: !isPublic(address) };
  }

  /** Rejects with FetchError; an answer of any status is none. */
  async fetch(text: string, options: FetchOptions): Promise<FetchedAnswer> {
    const late = AbortSignal.timeout(this.#times.totalMs);
    const signal = options.signal ? AbortSignal.any([late, options.signal]) : late;
    const most = options.body === undefined ? (options.maxRedirects ?? 0) : 0;
    let asked = options;
    let url = parseOutsideUrl(text);
    for (let followed = 0; ; followed++) {
      const response = await this.#ask(url, asked, signal);
      const isRedirect = REDIRECTS.includes(response.statusCode ?? 0);
      if (!isRedirect || most === 0) return this.#answer(url, response, { options, signal });
      response.destroy();
      if (followed === most) throw new FetchError('redirects');
      const next = redirectOf(url, response.headers.location);
      // What was meant for one origin is not shown to another.
      if (next.origin !== url.origin) asked = { ...asked, headers: {} };
      url = next;
    }
  }

  async #ask(url: URL, options: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
    const one: Exchange = {
      url,
      method: options.method ?? 'GET',
      headers: { 'user-agent': 'WAPing', accept: '*/*', ...options.headers, 'accept-encoding': 'identity' },
      body: options.body ?? null,
      times: this.#times,
      signal,
    };
    const addresses = await withinTime(resolveAllowed(url, this.#allow, this.#resolver), this.#times.connectMs);
    let failure: unknown = new FetchError('unreachable');
    for (const address of addresses) {
      try {
        return await exchange(one, address);
      } catch (error) {
        failure = error;
        // Something may have been done with it already: only what never arrived goes to the next address.
        if (one.body !== null || signal.aborted) break;
      }
    }
    throw failure;
  }

  #answer(
    url: URL,
    response: IncomingMessage,
    { options, signal }: { options: FetchOptions; signal: AbortSignal },
  ): FetchedAnswer {
    const { headers, statusCode = 0 } = response;
    const { maxBytes, anyEncoding = false } = options;
    const refuse = (error: FetchError): never => {
      response.destroy();
      throw error;
    };
    const asItIs = /^(identity)?$/i.test(headers['content-encoding']?.trim() ?? '');
    if (!asItIs && !anyEncoding) return refuse(new FetchError('encoding'));
    if (Number(headers['content-length'] ?? 0) > maxBytes) return refuse(new FetchError('too_large'));
    return {
      url: url.href,
      status: statusCode,
      headers,
      body: bodyOf(response, { maxBytes, times: this.#times, signal }),
      [Symbol.dispose]: () => void response.destroy(),
    };
  }
}

/** Where a redirect leads. From https it never leads to http. */
function redirectOf(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href)) throw new FetchError('redirects');
  const to = parseOutsideUrl(new URL(location, from.href).href);
  if (from.protocol === 'https:' && to.protocol === 'http:') throw new FetchError('redirects');
  return to;
}

/** The system's resolver knows no time-out of its own. */
async function withinTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new FetchError('timeout')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
