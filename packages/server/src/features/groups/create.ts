import { z } from 'zod';
import { defineOperation } from '../../operations/define.ts';
import { idField } from '../../operations/fields.ts';
import { askWhatsApp } from '../devices/index.ts';
import { GROUP_ERRORS, recordGroup, resolveMembers, resultsOf, showGroup } from './require.ts';
import { membersField, resultSchema, subjectField, wholeGroupSchema } from './schemas.ts';

export const createGroup = defineOperation({
  id: 'groups.create',
  tag: 'Groups',
  summary: 'Create a group',
  description:
    'Makes the group on WhatsApp, with the account as its owner, and answers once it is there. `results` says who is in it and who needs an invite link instead. WhatsApp makes a group for every request it gets: with an Idempotency-Key a retry after an answer returns that answer and makes nothing. After SERVICE_UNAVAILABLE, or when WAPing itself died before it answered, the group may be there all the same. It then shows up in the list (`group.created`) within seconds, or once the device is connected again: look there before you try again.',
  http: { method: 'POST', path: '/v1/groups', status: 201 },
  scope: 'groups:write',
  roles: ['owner', 'admin', 'agent'],
  perDevice: true,
  body: z
    .strictObject({
      deviceId: idField('dev', 'The device whose account makes it.'),
      subject: subjectField,
      members: membersField,
    })
    .meta({ id: 'CreateGroup' }),
  output: wholeGroupSchema
    .extend({ results: z.array(resultSchema).meta({ description: 'What became of each person, as you named them.' }) })
    .meta({ id: 'CreatedGroup' }),
  errors: [...GROUP_ERRORS],
  idempotent: true,
  mutates: true,
  location: (group) => `/v1/groups/${group.id}`,
  async wire(ctx, input) {
    const people = await resolveMembers(ctx, input.members);
    const members = people.map(({ address }) => address);
    const answer = await askWhatsApp(ctx, input.deviceId, {
      name: 'createGroup',
      input: { subject: input.subject, members },
    });
    return { ...answer, people };
  },
  async run(ctx, input, { group, results, people }) {
    const id = await recordGroup(ctx, input.deviceId, group);
    const shown = await showGroup(ctx, id);
    ctx.audit({ after: { deviceId: input.deviceId, members: shown.memberCount } });
    return { ...shown, results: resultsOf(people, results, true) };
  },
});
