import type { Command } from 'commander';
import type { createWorkspaceCommand } from './workspaces.ts';

// Loaded when a command of it is given: every other one would wait for what it needs.
const commands = () => import('./workspaces.ts');

const DEVICES = 'how many devices instead of what the plan says, or: plan';
const OUTBOUND = 'how many messages a month instead of what the plan says, or: plan';

/** Adds `waping workspaces …`: what the operator does with workspaces. */
export function addWorkspaceCommands(program: Command): void {
  const workspaces = program
    .command('workspaces')
    .description('create, change and suspend workspaces (the server may be running on PostgreSQL)');
  workspaces
    .command('create')
    .description('make a workspace; its first API key is shown once')
    .requiredOption('--name <name>', 'what people call it')
    .option('--plan <plan>', 'its plan (default: the first there is)')
    .option('--devices <number>', DEVICES)
    .option('--outbound <number>', OUTBOUND)
    .action(async (options: Parameters<typeof createWorkspaceCommand>[0]) =>
      (await commands()).createWorkspaceCommand(options),
    );
  workspaces
    .command('list')
    .description('list the workspaces')
    .action(async () => (await commands()).listWorkspacesCommand());
  workspaces
    .command('show')
    .description('a workspace and what it has used this month')
    .argument('<id>', 'ws_…')
    .action(async (id: string) => (await commands()).showWorkspace(id));
  workspaces
    .command('suspend')
    .description('refuse its keys and close its devices; nothing is deleted')
    .argument('<id>', 'ws_…')
    .action(async (id: string) => (await commands()).suspendWorkspace(id));
  workspaces
    .command('resume')
    .description('open it again; its devices come back')
    .argument('<id>', 'ws_…')
    .action(async (id: string) => (await commands()).resumeWorkspace(id));
  workspaces
    .command('set-plan')
    .description('move it to another plan')
    .argument('<id>', 'ws_…')
    .argument('<plan>', 'such as growth')
    .action(async (id: string, plan: string) => (await commands()).setPlan(id, plan));
  workspaces
    .command('set-limits')
    .description('limits of this workspace alone')
    .argument('<id>', 'ws_…')
    .option('--devices <number>', DEVICES)
    .option('--outbound <number>', OUTBOUND)
    .action(async (id: string, options: { devices?: string; outbound?: string }) =>
      (await commands()).setLimits(id, options),
    );
}
