import { z } from 'zod';
import { SandboxError } from '../errors.ts';
import { isAdmin } from '../groups.ts';
import type { Network } from '../network-api.ts';
import { changePicture, type Pictured } from '../pictures.ts';
import { number, operation } from './define.ts';

const ofPhone = z.strictObject({ number, group: z.string().max(128).optional() });

/** The phone's account, and what the request is about: that account, or a group it is in. */
function pictured(network: Network, input: z.output<typeof ofPhone>) {
  const by = network.core.registry.byUser(input.number, 'pn');
  if (!by) throw new SandboxError('NOT_ON_WHATSAPP', `there is no phone with the number +${input.number}`);
  if (input.group === undefined) return { by, of: by };
  const group = network.core.groups.get(input.group);
  if (!group?.members.has(by.user)) throw new SandboxError('NOT_FOUND', `the phone is in no group ${input.group}`);
  if (group.locked && !isAdmin(group, by.user)) throw new SandboxError('BAD_REQUEST', 'this phone is no admin');
  return { by, of: group };
}

const view = ({ picture }: Pictured) => ({
  id: picture?.id ?? null,
  base64: picture?.jpeg.toString('base64') ?? null,
});

/** What a person does with pictures on a phone: their own, or that of a group. */
export const pictureOperations = {
  'pictures.get': operation(ofPhone, (network, input) => view(pictured(network, input).of)),
  'pictures.set': operation(ofPhone.extend({ base64: z.base64().min(4).nullable() }), (network, input) => {
    const { by, of } = pictured(network, input);
    const jpeg = input.base64 === null ? undefined : Buffer.from(input.base64, 'base64');
    if (!changePicture(network.core, { of, jpeg, by }))
      throw new SandboxError('BAD_REQUEST', 'a picture is a square JPEG of up to 640 pixels a side');
    return view(of);
  }),
};
