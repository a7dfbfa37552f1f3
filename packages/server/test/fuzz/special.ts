/** What the description cannot say about an operation. An operation without a line here is treated like any other. */
export interface Special {
  /**
   * How many turns it has to one of the others. Above one: what much else follows from. Below: where asking is dear,
   * since passwords are slow to check and each failure slows the next down.
   */
  share?: number;
}

export const SPECIAL: Readonly<Record<string, Special>> = {
  'messages.send': { share: 3 },
  'devices.link': { share: 2 },
  'devices.getLink': { share: 2 },
  'auth.signIn': { share: 0.15 },
  'auth.acceptInvitation': { share: 0.4 },
  'auth.changePassword': { share: 0.25 },
  'auth.resetPassword': { share: 0.4 },
  'auth.startSecondFactor': { share: 0.25 },
  'auth.renewRecoveryCodes': { share: 0.25 },
  'auth.stopSecondFactor': { share: 0.25 },
};
