import type { z } from 'zod';
import type { Origin, PeopleServices, PersonCaller } from '../../../features/members/index.ts';
import type { Operation } from '../../../operations/define.ts';
import type { CookieChange } from './cookies.ts';

/** What a sign-in route gets: its body, checked, and who sent it. */
export interface AuthCall<B> {
  people: PeopleServices;
  origin: Origin;
  sessionToken: string | null;
  body: B;
}

export interface AuthReply<O> {
  output: O;
  cookies?: CookieChange;
}

interface AuthSpec<B extends z.ZodObject, O extends z.ZodType> {
  id: `auth.${string}`;
  tag: 'Signing in';
  summary: string;
  description?: string;
  http: Operation['http'];
  body?: B;
  output: O;
  errors: Operation['errors'];
}

interface OpenSpec<B extends z.ZodObject, O extends z.ZodType> extends AuthSpec<B, O> {
  access: 'public';
  run(call: AuthCall<z.output<B>>): Promise<AuthReply<z.output<O>>>;
}

interface PersonSpec<B extends z.ZodObject, O extends z.ZodType> extends AuthSpec<B, O> {
  /** Needs a session cookie. */
  access: 'person';
  run(call: AuthCall<z.output<B>> & { caller: PersonCaller; sessionToken: string }): Promise<AuthReply<z.output<O>>>;
}

/**
 * What people do before there is a workspace, or to what is theirs in all of them. These set cookies, so they are routes
 * of this surface and not operations; they are described and tested like operations.
 */
export interface AuthRoute extends AuthSpec<z.ZodObject, z.ZodType> {
  access: 'public' | 'person';
  run(call: AuthCall<unknown> & { caller: PersonCaller | null }): Promise<AuthReply<unknown>>;
}

/** A route anyone may call. */
export function openRoute<O extends z.ZodType, B extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  spec: Omit<OpenSpec<B, O>, 'access' | 'tag'>,
): AuthRoute {
  return erase({ ...spec, tag: 'Signing in', access: 'public' });
}

/** A route for people who are signed in. */
export function personRoute<O extends z.ZodType, B extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  spec: Omit<PersonSpec<B, O>, 'access' | 'tag'>,
): AuthRoute {
  return erase({ ...spec, tag: 'Signing in', access: 'person' });
}

// Sound because `register` passes only what spec.body parsed, and to a `person` route always a caller.
function erase<B extends z.ZodObject, O extends z.ZodType>(spec: OpenSpec<B, O> | PersonSpec<B, O>): AuthRoute {
  return spec as unknown as AuthRoute;
}
