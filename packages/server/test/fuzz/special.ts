import { type Aim, aimBatch, aimSend, aimTemplate } from './aim.ts';

/** What the description cannot say about an operation. An operation without a line here is treated like any other. */
export interface Special {
  /**
   * How many turns it has to one of the others. Above one: what much else follows from. Below: where asking is dear,
   * since passwords are slow to check and each failure slows the next down.
   */
  share?: number;
  /** Makes parts of a valid body agree that the description cannot relate, mostly. */
  aim?: Aim;
  /** What stands for every valid body, where others would rightly have the rest of the run answered 503. */
  body?: unknown;
  /** Values for parts of the query, by their names, where others would only have the run wait. */
  query?: Readonly<Record<string, readonly unknown[]>>;
}

export const SPECIAL: Readonly<Record<string, Special>> = {
  // It leads out of the machine.
  'media.fetch': { share: 0 },
  'events.list': { query: { wait: [0, 1] } },
  'webhooks.create': { body: { url: 'https://hooks.invalid/' } },
  'webhooks.update': { body: { description: 'Renamed' } },
  'messages.send': { share: 4, aim: aimSend },
  'messages.sendBatch': { aim: aimBatch },
  'templates.create': { share: 2, aim: aimTemplate },
  'templates.update': { aim: aimTemplate },
  'devices.link': { share: 2 },
  'devices.getLink': { share: 2 },
  'sandbox.setFaults': { body: { ackDuplicate: true } },
  'sandbox.disrupt': { share: 0 },
  'auth.signIn': { share: 0.15 },
  'auth.acceptInvitation': { share: 0.4 },
  'auth.changePassword': { share: 0.25 },
  'auth.resetPassword': { share: 0.4 },
  'auth.startSecondFactor': { share: 0.25 },
  'auth.renewRecoveryCodes': { share: 0.25 },
  'auth.stopSecondFactor': { share: 0.25 },
};
