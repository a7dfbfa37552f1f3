import { expect, it } from 'vitest';
import { hasDifference, type Member, memberDifference, sameMembers } from './difference.ts';

const member = (phone: string | null, lid: string | null, role: Member['role'] = 'member'): Member => ({
  phone,
  lid,
  role,
});

it('knows a person under either name: a number or LID learnt later is no new member', () => {
  const before = [member('+1', null), member(null, '22')];
  const after = [member('+1', '11'), member('+2', '22')];
  expect(hasDifference(memberDifference(before, after))).toBe(false);
  expect(sameMembers(before, after)).toBe(false);
  expect(sameMembers(after, [...after].reverse())).toBe(true);
});

it('tells who came, who went and whose role moved which way', () => {
  const before = [member('+1', null, 'owner'), member('+2', null, 'admin'), member('+3', null), member('+4', null)];
  const after = [member('+1', null, 'owner'), member('+2', null), member('+3', null, 'admin'), member('+5', null)];
  expect(memberDifference(before, after)).toEqual({
    added: [{ phone: '+5', lid: null }],
    removed: [{ phone: '+4', lid: null }],
    promoted: [{ phone: '+3', lid: null }],
    demoted: [{ phone: '+2', lid: null }],
  });
});
