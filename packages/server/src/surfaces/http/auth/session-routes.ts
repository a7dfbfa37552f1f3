import { z } from 'zod';
import {
  acceptInvitation,
  codeField,
  emailField,
  newPasswordField,
  type OpenedSession,
  type PeopleServices,
  passwordField,
  personNameField,
  signIn,
  signOut,
  switchWorkspace,
} from '../../../features/members/index.ts';
import { openRoute, personRoute } from './define.ts';
import { describeSession, linkTokenField, signedInSchema } from './schemas.ts';

const workspaceField = z
  .string()
  .max(64)
  .meta({ description: 'The workspace to work in.', examples: ['ws_01jd8k3v5q7w9x2y4z6a8b0c1d'] });

async function opened(people: PeopleServices, session: OpenedSession) {
  return {
    output: await describeSession(people, session.sessionToken),
    cookies: { session: session.sessionToken, browser: session.browserToken },
  };
}

const signInRoute = openRoute({
  id: 'auth.signIn',
  summary: 'Sign in',
  description:
    'Sets a session cookie (HttpOnly, SameSite=Lax, Secure behind TLS). Where a second factor is in force and `code` is missing or wrong, the error names `code`. After failures each further attempt is answered later, by a few seconds at the most; a browser that has signed in before is not slowed by the failures of others.',
  http: { method: 'POST', path: '/v1/auth/sign-in', status: 200 },
  body: z
    .strictObject({
      email: emailField,
      password: passwordField,
      code: codeField,
      workspaceId: workspaceField.optional(),
    })
    .meta({ id: 'SignIn' }),
  output: signedInSchema,
  errors: [],
  run: async ({ people, body, origin }) => opened(people, await signIn(people, body, origin)),
});

const signOutRoute = openRoute({
  id: 'auth.signOut',
  summary: 'Sign out',
  description: 'Ends the session and takes its cookie away. Does nothing without one.',
  http: { method: 'POST', path: '/v1/auth/sign-out', status: 204 },
  output: z.null(),
  errors: [],
  async run({ people, sessionToken, origin }) {
    if (sessionToken) await signOut(people, sessionToken, origin);
    return { output: null, cookies: { session: null } };
  },
});

const sessionRoute = personRoute({
  id: 'auth.session',
  summary: 'Get the session',
  description: 'Who is signed in, in which workspace, with which role.',
  http: { method: 'GET', path: '/v1/auth/session', status: 200 },
  output: signedInSchema,
  errors: [],
  run: async ({ people, sessionToken }) => ({ output: await describeSession(people, sessionToken) }),
});

const switchRoute = personRoute({
  id: 'auth.switchWorkspace',
  summary: 'Go on in another workspace',
  http: { method: 'POST', path: '/v1/auth/workspace', status: 200 },
  body: z.strictObject({ workspaceId: workspaceField }).meta({ id: 'SwitchWorkspace' }),
  output: signedInSchema,
  errors: ['NOT_FOUND'],
  async run({ people, caller, sessionToken, body, origin }) {
    await switchWorkspace(people, caller, { workspaceId: body.workspaceId, origin });
    return { output: await describeSession(people, sessionToken) };
  },
});

const acceptRoute = openRoute({
  id: 'auth.acceptInvitation',
  summary: 'Accept an invitation',
  description:
    'Joins the workspace and signs in there. Who has an account gives its password (and `code`, where a second factor is in force); for others the account is made, with this name and a password of at least 10 characters.',
  http: { method: 'POST', path: '/v1/auth/invitations/accept', status: 200 },
  body: z
    .strictObject({
      token: linkTokenField,
      name: personNameField.optional(),
      password: newPasswordField,
      code: codeField,
    })
    .meta({ id: 'AcceptInvitation' }),
  output: signedInSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  run: async ({ people, body, origin }) => opened(people, await acceptInvitation(people, body, origin)),
});

export const sessionRoutes = [signInRoute, signOutRoute, sessionRoute, switchRoute, acceptRoute];
