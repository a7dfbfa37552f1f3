#!/usr/bin/env node
import { Command } from 'commander';
import { diskFault } from '../../platform/disk-fault.ts';
import { StartupError, WapingError } from '../../platform/errors.ts';
import { VERSION } from '../../version.ts';
import type { CreateOptions } from './keys.ts';
import { addWorkspaceCommands } from './workspace-commands.ts';

// A command's code is loaded when it is given: `serve` opens the database while the rest is still on its way.
const keyCommands = () => import('./keys.ts');
const peopleCommands = () => import('./people.ts');

const SETTINGS = `
Settings are environment variables, all of them in docs/guides/configuration.md; among them:
  WAPING_PORT, WAPING_HOST, WAPING_DATA_DIR   where it listens and keeps its data
  DATABASE_URL                                PostgreSQL instead of the embedded database
  WAPING_SINK_NATS_URL, WAPING_SINK_AMQP_URL  events to NATS JetStream or an AMQP 0-9-1 broker (off by default)
`;

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
  .addHelpText('after', SETTINGS)
  .action(async (options: { readyFile?: string }) => (await import('./serve.ts')).serve(options));
program
  .command('demo')
  .description('watch the main job: link a simulated phone, send, receive (temporary data, nothing is kept)')
  .option('--tour', 'go on: a picture, a group, a message for later, a code that overtakes a campaign, a deaf session')
  .action(async (options: { tour?: boolean }) => (await import('./demo.ts')).demo(options));
program
  .command('migrate')
  .description('bring the database to this version')
  .action(async () => (await import('./migrate.ts')).migrateCommand());
program
  .command('doctor')
  .description('check the installation and say what to mend')
  .action(async () => (await import('./doctor.ts')).doctor());

const keys = program.command('keys').description('manage API keys (the server may be running on PostgreSQL)');
keys
  .command('create')
  .description('make a key; it is shown once')
  .requiredOption('--name <name>', 'what it is for')
  .option('--scopes <list>', 'comma-separated, such as messages:send,devices:read', '*')
  .option('--devices <list>', 'comma-separated ids of the only devices it may use')
  .option('--ips <list>', 'comma-separated addresses and networks it may be used from, such as 192.0.2.0/24')
  .option('--expires <time>', 'RFC 3339 time')
  .action(async (options: CreateOptions) => (await keyCommands()).createKey(options));
keys
  .command('list')
  .description('list the keys')
  .action(async () => (await keyCommands()).listKeys());
keys
  .command('rotate')
  .description('give a key a new secret; it is shown once')
  .argument('<id>', 'key_…')
  .option('--overlap <hours>', 'how long the old secret goes on working, 0 to 720', '24')
  .action(async (id: string, options: { overlap: string }) => (await keyCommands()).rotateKey(id, options));
keys
  .command('revoke')
  .description('revoke a key')
  .argument('<id>', 'key_…')
  .action(async (id: string) => (await keyCommands()).revokeKey(id));

keys
  .command('rotate-master')
  .description('replace the master key that wraps every data key; safe to run again after any failure')
  .option('--new-key-file <file>', 'the new key, 64 hex digits; without it one is made')
  .action(async (options: { newKeyFile?: string }) => (await import('./rotate.ts')).rotateMaster(options));

addWorkspaceCommands(program);
const people = program.command('people').description('help people who cannot sign in');
people
  .command('reset-link')
  .description('print a link that sets a new password, once, within the hour')
  .requiredOption('--email <email>', 'whose password')
  .action(async (options: { email: string }) => (await peopleCommands()).resetLink(options));
people
  .command('remove-second-factor')
  .description('turn a second factor off, when the phone and the recovery codes are lost')
  .requiredOption('--email <email>', 'whose second factor')
  .action(async (options: { email: string }) => (await peopleCommands()).dropSecondFactor(options));

await program.parseAsync().catch(report);
