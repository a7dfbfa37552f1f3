import { z } from 'zod';
import {
  currentSession,
  listWorkspacesOf,
  type PeopleServices,
  roleField,
  sessionSchema,
  toSession,
} from '../../../features/members/index.ts';
import { shownId } from '../../../operations/fields.ts';

export const signedInSchema = z
  .object({
    person: z
      .object({
        id: shownId('usr', 'The person.'),
        email: z.string().meta({ description: 'Email address.', examples: ['ada@example.com'] }),
        name: z.string().meta({ description: 'Name the team sees.', examples: ['Ada Lovelace'] }),
      })
      .meta({ description: 'Who is signed in.' }),
    workspaceId: shownId('ws', 'The workspace the session works in now.'),
    role: roleField,
    session: sessionSchema,
    workspaces: z
      .array(
        z.object({
          id: shownId('ws', 'A workspace.'),
          name: z.string().meta({ description: 'Its name.', examples: ['Default'] }),
          role: roleField,
        }),
      )
      .meta({ description: 'Where the person belongs. `POST /v1/auth/workspace` changes over.' }),
  })
  .meta({ id: 'SignedIn' });

/** What a signed-in browser may know of itself. */
export async function describeSession(people: PeopleServices, token: string): Promise<z.output<typeof signedInSchema>> {
  const row = await currentSession(people, token);
  return {
    person: { id: row.person_id, email: row.email, name: row.name },
    workspaceId: row.workspace_id,
    role: row.role,
    session: toSession(row, row.id),
    workspaces: await listWorkspacesOf(people, row.person_id),
  };
}

export const linkTokenField = z
  .string()
  .max(200)
  .meta({ description: 'What follows `#` in the link.', examples: ['pX2b…'] });

export const recoveryCodesSchema = z
  .object({
    recoveryCodes: z.array(z.string().meta({ description: 'A code.', examples: ['abcd-efgh-ijkl-mnop'] })).meta({
      description: 'Each works once, instead of a code of the app. Shown this once.',
    }),
  })
  .meta({ id: 'RecoveryCodes' });
