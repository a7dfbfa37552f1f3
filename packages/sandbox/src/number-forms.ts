/**
 * Countries whose mobile numbers have two forms, one of which WhatsApp knows: Brazil added a 9 after the area code,
 * Mexico and Argentina have a digit (1, 9) after the country code that people leave out.
 */
const FORMS: readonly { long: RegExp; short: RegExp; lengthen: string; shorten: string }[] = [
  { long: /^55(\d\d)9(\d{8})$/, short: /^55(\d\d)(\d{8})$/, lengthen: '55$19$2', shorten: '55$1$2' },
  { long: /^521(\d{10})$/, short: /^52(\d{10})$/, lengthen: '521$1', shorten: '52$1' },
  { long: /^549(\d{10})$/, short: /^54(\d{10})$/, lengthen: '549$1', shorten: '54$1' },
];

/** The other form of a number (digits), where it has one. */
export function otherForm(user: string): string | undefined {
  for (const { long, short, lengthen, shorten } of FORMS) {
    if (long.test(user)) return user.replace(long, shorten);
    if (short.test(user)) return user.replace(short, lengthen);
  }
  return undefined;
}
