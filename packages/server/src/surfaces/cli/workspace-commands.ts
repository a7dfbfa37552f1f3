import type { Command } from 'commander';
import {
  createWorkspaceCommand,
  listWorkspacesCommand,
  resumeWorkspace,
  setLimits,
  setPlan,
  showWorkspace,
  suspendWorkspace,
} from './workspaces.ts';

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
    .action(createWorkspaceCommand);
  workspaces.command('list').description('list the workspaces').action(listWorkspacesCommand);
  workspaces
    .command('show')
    .description('a workspace and what it has used this month')
    .argument('<id>', 'ws_…')
    .action((id: string) => showWorkspace(id));
  workspaces
    .command('suspend')
    .description('refuse its keys and close its devices; nothing is deleted')
    .argument('<id>', 'ws_…')
    .action((id: string) => suspendWorkspace(id));
  workspaces
    .command('resume')
    .description('open it again; its devices come back')
    .argument('<id>', 'ws_…')
    .action((id: string) => resumeWorkspace(id));
  workspaces
    .command('set-plan')
    .description('move it to another plan')
    .argument('<id>', 'ws_…')
    .argument('<plan>', 'such as growth')
    .action((id: string, plan: string) => setPlan(id, plan));
  workspaces
    .command('set-limits')
    .description('limits of this workspace alone')
    .argument('<id>', 'ws_…')
    .option('--devices <number>', DEVICES)
    .option('--outbound <number>', OUTBOUND)
    .action((id: string, options: { devices?: string; outbound?: string }) => setLimits(id, options));
}
