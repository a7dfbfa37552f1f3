import { z } from 'zod';
import {
  changePassword,
  codeField,
  confirmSecondFactor,
  emailField,
  newPasswordField,
  passwordField,
  renewRecoveryCodes,
  requestReset,
  resetPassword,
  startSecondFactor,
  stopSecondFactor,
} from '../../../features/members/index.ts';
import { openRoute, personRoute } from './define.ts';
import { linkTokenField, recoveryCodesSchema } from './schemas.ts';

/** What a person shows again before something that matters. */
const proofFields = { password: passwordField, code: codeField };

const changeRoute = personRoute({
  id: 'auth.changePassword',
  summary: 'Change your password',
  description: 'Ends all your other sessions.',
  http: { method: 'POST', path: '/v1/auth/password', status: 204 },
  body: z.strictObject({ ...proofFields, newPassword: newPasswordField }).meta({ id: 'ChangePassword' }),
  output: z.null(),
  errors: [],
  async run({ people, caller, body, origin }) {
    await changePassword(people, caller, { proof: body, origin, newPassword: body.newPassword });
    return { output: null };
  },
});

const requestRoute = openRoute({
  id: 'auth.requestReset',
  summary: 'Ask for a reset link by mail',
  description:
    'The answer is the same whoever asks. Without an SMTP server no mail is sent; the operator prints a link with `waping people reset-link --email …`.',
  http: { method: 'POST', path: '/v1/auth/reset-requests', status: 204 },
  body: z.strictObject({ email: emailField }).meta({ id: 'RequestReset' }),
  output: z.null(),
  errors: [],
  async run({ people, body, origin }) {
    // Beside the answer: how long it takes depends on whether there is an account.
    requestReset(people, body.email, origin).catch((error: unknown) => {
      people.log.error({ err: error }, 'a reset link was not made');
    });
    return { output: null };
  },
});

const resetRoute = openRoute({
  id: 'auth.resetPassword',
  summary: 'Set a new password with a reset link',
  description: 'The link works once. All sessions end; a second factor stays in force.',
  http: { method: 'POST', path: '/v1/auth/resets', status: 204 },
  body: z.strictObject({ token: linkTokenField, newPassword: newPasswordField }).meta({ id: 'ResetPassword' }),
  output: z.null(),
  errors: ['NOT_FOUND'],
  async run({ people, body, origin }) {
    const { browserToken } = await resetPassword(people, body, origin);
    return { output: null, cookies: { session: null, browser: browserToken } };
  },
});

const startRoute = personRoute({
  id: 'auth.startSecondFactor',
  summary: 'Set up a second factor',
  description:
    'Answers a secret for an authenticator app. It is in force once `POST /v1/auth/second-factor/confirm` has seen a code.',
  http: { method: 'POST', path: '/v1/auth/second-factor', status: 200 },
  body: z.strictObject(proofFields).meta({ id: 'StartSecondFactor' }),
  output: z
    .object({
      secret: z.string().meta({ description: 'For typing, in base32.', examples: ['JBSWY3DPEHPK3PXP'] }),
      uri: z.string().meta({
        description: 'For scanning, as a QR code.',
        examples: ['otpauth://totp/WAPing:ada%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=WAPing'],
      }),
    })
    .meta({ id: 'SecondFactorSecret' }),
  errors: ['CONFLICT'],
  run: async ({ people, caller, body, origin }) => ({
    output: await startSecondFactor(people, caller, { proof: body, origin }),
  }),
});

const confirmRoute = personRoute({
  id: 'auth.confirmSecondFactor',
  summary: 'Put the second factor in force',
  http: { method: 'POST', path: '/v1/auth/second-factor/confirm', status: 200 },
  body: z
    .strictObject({
      code: z
        .string()
        .regex(/^\d{6}$/, { message: 'must be six digits' })
        .meta({ description: 'Six digits of the app.', examples: ['123456'] }),
    })
    .meta({ id: 'ConfirmSecondFactor' }),
  output: recoveryCodesSchema,
  errors: ['CONFLICT'],
  run: async ({ people, caller, body, origin }) => ({
    output: { recoveryCodes: await confirmSecondFactor(people, caller, { code: body.code, origin }) },
  }),
});

const renewRoute = personRoute({
  id: 'auth.renewRecoveryCodes',
  summary: 'Make new recovery codes',
  description: 'The old ones stop working.',
  http: { method: 'POST', path: '/v1/auth/second-factor/recovery-codes', status: 200 },
  body: z.strictObject(proofFields).meta({ id: 'RenewRecoveryCodes' }),
  output: recoveryCodesSchema,
  errors: ['CONFLICT'],
  run: async ({ people, caller, body, origin }) => ({
    output: { recoveryCodes: await renewRecoveryCodes(people, caller, { proof: body, origin }) },
  }),
});

const stopRoute = personRoute({
  id: 'auth.stopSecondFactor',
  summary: 'Turn the second factor off',
  http: { method: 'POST', path: '/v1/auth/second-factor/stop', status: 204 },
  body: z.strictObject(proofFields).meta({ id: 'StopSecondFactor' }),
  output: z.null(),
  errors: [],
  async run({ people, caller, body, origin }) {
    await stopSecondFactor(people, caller, { proof: body, origin });
    return { output: null };
  },
});

export const passwordRoutes = [changeRoute, requestRoute, resetRoute, startRoute, confirmRoute, renewRoute, stopRoute];
