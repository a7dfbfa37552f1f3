import { loadConfig } from '../../config/config.ts';
import { commandsAct, makeResetLink, removeSecondFactor } from '../../features/members/index.ts';
import { StartupError } from '../../platform/errors.ts';
import { withDatabase } from './open.ts';

const nobody = (email: string) =>
  new StartupError(`nobody has the address ${email}`, 'Check the spelling; members are listed at GET /v1/members.');

/** Prints a reset link: for the operator to hand over where no mail is configured. */
export async function resetLink(options: { email: string }): Promise<void> {
  const config = loadConfig();
  const publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
  await withDatabase(async (db) => {
    const act = commandsAct('people.resetLink');
    const link = await makeResetLink(db, { email: options.email, publicUrl, now: new Date(), act });
    if (!link) throw nobody(options.email);
    process.stdout.write(`${link}\n`);
    process.stderr.write('It works once, within the hour. Give it to the person alone.\n');
  });
}

export async function dropSecondFactor(options: { email: string }): Promise<void> {
  await withDatabase(async (db) => {
    if (!(await removeSecondFactor(db, options.email))) throw nobody(options.email);
    process.stdout.write('The second factor is off. They sign in with their password and can set it up again.\n');
  });
}
