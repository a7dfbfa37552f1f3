import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient, type Reply, replyOf } from './api.ts';
import { expectOk } from './sandbox-device.ts';

/** A browser as far as the API sees one: it keeps cookies, and its page sends our header with what it writes. */
export class PersonClient extends ApiClient {
  readonly cookies = new Map<string, string>();
  /** Set-Cookie headers of the last reply. */
  lastCookies: string[] = [];

  constructor(url: string) {
    super(url, '');
  }

  /** Goes on at the next life of the same server. */
  at(url: string): PersonClient {
    const next = new PersonClient(url);
    for (const [name, value] of this.cookies) next.cookies.set(name, value);
    return next;
  }

  override async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        'x-waping-csrf': '1',
        ...(this.cookies.size > 0 ? { cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ') } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    this.lastCookies = response.headers.getSetCookie();
    for (const line of this.lastCookies) this.#keep(line);
    return replyOf(response);
  }

  signIn(credentials: { email: string; password: string; code?: string; workspaceId?: string }): Promise<Reply> {
    return this.post('/v1/auth/sign-in', credentials);
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** A browser in which this person has just signed in. */
export async function signedIn(
  url: string,
  credentials: { email: string; password: string; code?: string; workspaceId?: string },
): Promise<PersonClient> {
  const client = new PersonClient(url);
  await expectOk(client.signIn(credentials));
  return client;
}

/** Waits while a code of the step before is about to lapse. */
export async function earlyInStep(): Promise<void> {
  const left = 30_000 - (Date.now() % 30_000);
  if (left < 3_000) await sleep(left);
}

export const PASSWORD = 'correct horse battery';

/** Invites someone and lets them join; their browser. */
export async function join(inviter: ApiClient, email: string, role: string): Promise<PersonClient> {
  const { link } = await expectOk(inviter.post('/v1/invitations', { email, role }));
  const client = new PersonClient(inviter.url);
  const token = String(link).split('#')[1];
  await expectOk(client.post('/v1/auth/invitations/accept', { token, password: PASSWORD, name: email }));
  return client;
}
