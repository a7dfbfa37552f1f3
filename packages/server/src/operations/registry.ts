import { operations as keys } from '../features/api-keys/index.ts';
import { operations as audit } from '../features/audit/index.ts';
import { operations as calls } from '../features/calls/index.ts';
import { operations as contacts } from '../features/contacts/index.ts';
import { operations as conversations } from '../features/conversations/index.ts';
import { operations as dataRights } from '../features/data-rights/index.ts';
import { operations as devices } from '../features/devices/index.ts';
import { operations as events } from '../features/events/index.ts';
import { operations as groups } from '../features/groups/index.ts';
import { operations as jobs } from '../features/jobs/index.ts';
import { operations as me } from '../features/me/index.ts';
import { operations as media } from '../features/media/index.ts';
import { operations as members } from '../features/members/index.ts';
import { operations as messages } from '../features/messages/index.ts';
import { operations as numberChecks } from '../features/number-checks/index.ts';
import { operations as pictures } from '../features/pictures/index.ts';
import { operations as presence } from '../features/presence/index.ts';
import { operations as profile } from '../features/profile/index.ts';
import { operations as sandbox } from '../features/sandbox/index.ts';
import { operations as sinks } from '../features/sinks/index.ts';
import { operations as usage } from '../features/usage/index.ts';
import { operations as webhooks } from '../features/webhooks/index.ts';
import { operations as workspaces } from '../features/workspaces/index.ts';
import type { Operation } from './define.ts';

/** Everything WAPing can do. A surface that walks this list is complete by construction. */
export const registry: readonly Operation[] = [
  ...devices,
  ...messages,
  ...media,
  ...conversations,
  ...calls,
  ...contacts,
  ...numberChecks,
  ...groups,
  ...profile,
  ...pictures,
  ...presence,
  ...events,
  ...webhooks,
  ...members,
  ...keys,
  ...me,
  ...sandbox,
  ...usage,
  ...workspaces,
  ...sinks,
  ...jobs,
  ...dataRights,
  ...audit,
];
