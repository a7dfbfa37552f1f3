#!/usr/bin/env node
import { Command } from 'commander';
import { diskFault } from '../../platform/disk-fault.ts';
import { StartupError, WapingError } from '../../platform/errors.ts';
import { VERSION } from '../../version.ts';
import { demo } from './demo.ts';
import { doctor } from './doctor.ts';
import { type CreateOptions, createKey, listKeys, revokeKey, rotateKey } from './keys.ts';
import { migrateCommand } from './migrate.ts';
import { dropSecondFactor, resetLink } from './people.ts';
import { rotateMaster } from './rotate.ts';
import { serve } from './serve.ts';
import { addWorkspaceCommands } from './workspace-commands.ts';

function report(thrown: unknown): void {
  const error = thrown instanceof StartupError ? thrown : (diskFault(thrown, 'the data directory') ?? thrown);
  if (error instanceof StartupError) {
    process.stderr.write(`\nwaping: ${error.message}\n  What to do: ${error.cure}\n`);
  } else if (error instanceof WapingError) {
    process.stderr.write(`\nwaping: ${error.message}\n`);
  } else {
    process.stderr.write(`\nwaping: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  process.exitCode = 1;
}

const program = new Command('waping')
  .description('Self-hosted WhatsApp gateway: link numbers by QR, send and receive over one REST API')
  .version(VERSION)
  .showHelpAfterError();

program
  .command('serve')
  .description('start the gateway')
  .option('--ready-file <file>', 'write {url,pid,workspaceId,apiKey,owner} here once it listens')
  .action((options: { readyFile?: string }) => serve(options));
program
  .command('demo')
  .description('watch the main job: link a simulated phone, send, receive (temporary data, nothing is kept)')
  .action(() => demo());
program
  .command('migrate')
  .description('bring the database to this version')
  .action(() => migrateCommand());
program
  .command('doctor')
  .description('check the installation and say what to mend')
  .action(() => doctor());

const keys = program.command('keys').description('manage API keys (the server may be running on PostgreSQL)');
keys
  .command('create')
  .description('make a key; it is shown once')
  .requiredOption('--name <name>', 'what it is for')
  .option('--scopes <list>', 'comma-separated, such as messages:send,devices:read', '*')
  .option('--devices <list>', 'comma-separated ids of the only devices it may use')
  .option('--ips <list>', 'comma-separated addresses and networks it may be used from, such as 192.0.2.0/24')
  .option('--expires <time>', 'RFC 3339 time')
  .action((options: CreateOptions) => createKey(options));
keys
  .command('list')
  .description('list the keys')
  .action(() => listKeys());
keys
  .command('rotate')
  .description('give a key a new secret; it is shown once')
  .argument('<id>', 'key_…')
  .option('--overlap <hours>', 'how long the old secret goes on working, 0 to 720', '24')
  .action((id: string, options: { overlap: string }) => rotateKey(id, options));
keys
  .command('revoke')
  .description('revoke a key')
  .argument('<id>', 'key_…')
  .action((id: string) => revokeKey(id));

keys
  .command('rotate-master')
  .description('replace the master key that wraps every data key; safe to run again after any failure')
  .option('--new-key-file <file>', 'the new key, 64 hex digits; without it one is made')
  .action((options: { newKeyFile?: string }) => rotateMaster(options));

addWorkspaceCommands(program);
const people = program.command('people').description('help people who cannot sign in');
people
  .command('reset-link')
  .description('print a link that sets a new password, once, within the hour')
  .requiredOption('--email <email>', 'whose password')
  .action((options: { email: string }) => resetLink(options));
people
  .command('remove-second-factor')
  .description('turn a second factor off, when the phone and the recovery codes are lost')
  .requiredOption('--email <email>', 'whose second factor')
  .action((options: { email: string }) => dropSecondFactor(options));

await program.parseAsync().catch(report);
