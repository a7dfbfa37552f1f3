import { callFromPhone, endPhoneCall, listPhoneCalls } from './calls.ts';
import { createPhone } from './create-phone.ts';
import { disruptPhone, getFaults, setFaults } from './faults.ts';
import { joinSandboxGroup, leaveSandboxGroup, setOnlyByInvite } from './group-visits.ts';
import {
  changeSandboxMembers,
  createSandboxGroup,
  getSandboxGroup,
  listPhoneGroups,
  renameSandboxGroup,
} from './groups.ts';
import { scanQr, typeCode } from './link-phone.ts';
import { listPhoneMessages, readOnPhone, sendFromPhone, setPhoneOnline } from './phone-messages.ts';
import { getPhone, listPhones } from './phones.ts';
import { setPhonePicture } from './pictures.ts';
import { typeOnPhone } from './typing.ts';

export const operations = [
  createPhone,
  listPhones,
  getPhone,
  scanQr,
  typeCode,
  listPhoneMessages,
  sendFromPhone,
  readOnPhone,
  setPhoneOnline,
  createSandboxGroup,
  getSandboxGroup,
  listPhoneGroups,
  renameSandboxGroup,
  changeSandboxMembers,
  leaveSandboxGroup,
  joinSandboxGroup,
  setOnlyByInvite,
  typeOnPhone,
  setPhonePicture,
  getFaults,
  setFaults,
  disruptPhone,
  callFromPhone,
  listPhoneCalls,
  endPhoneCall,
];
