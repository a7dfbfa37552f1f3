import { expect, it } from 'vitest';
import { otherForm } from './number-forms.ts';

it('knows both forms of Brazilian, Mexican and Argentine mobile numbers, and of no others', () => {
  for (const [long, short] of [
    ['5511987654321', '551187654321'],
    ['5215512345678', '525512345678'],
    ['5491123456789', '541123456789'],
  ] as const) {
    expect([otherForm(long), otherForm(short)]).toEqual([short, long]);
  }
  for (const other of ['15551234567', '4915112345678', '55119', '']) expect(otherForm(other)).toBeUndefined();
});
