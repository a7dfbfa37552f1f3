import { createPhone } from './create-phone.ts';
import { scanQr, typeCode } from './link-phone.ts';
import { listPhoneMessages, readOnPhone, sendFromPhone, setPhoneOnline } from './phone-messages.ts';
import { getPhone, listPhones } from './phones.ts';

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
];
