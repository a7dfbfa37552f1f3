import { type Proof, proveIdentity } from './prove.ts';
import type { Origin, PeopleServices } from './services.ts';
import { type OpenedSession, openSession } from './session.ts';

export interface SignIn extends Proof {
  email: string;
  workspaceId?: string | undefined;
}

/** Signs a person in. UNAUTHORIZED, RATE_LIMITED, or FORBIDDEN for a workspace that is not theirs. */
export async function signIn(services: PeopleServices, input: SignIn, origin: Origin): Promise<OpenedSession> {
  const person = await proveIdentity(services, input, origin);
  return openSession(services, person.id, { origin, workspaceId: input.workspaceId });
}
