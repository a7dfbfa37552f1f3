// Made by `npm run generate` from the OpenAPI description. Changes made here are lost.

import type { Transport } from '../transport.ts';
import { Devices } from './devices.ts';
import { Messages } from './messages.ts';
import { Templates } from './templates.ts';
import { Media } from './media.ts';
import { Conversations } from './conversations.ts';
import { Calls } from './calls.ts';
import { Contacts } from './contacts.ts';
import { Groups } from './groups.ts';
import { Events } from './events.ts';
import { Webhooks } from './webhooks.ts';
import { Members } from './members.ts';
import { Invitations } from './invitations.ts';
import { Sessions } from './sessions.ts';
import { Keys } from './keys.ts';
import { Me } from './me.ts';
import { Sandbox } from './sandbox.ts';
import { Usage } from './usage.ts';
import { Workspaces } from './workspaces.ts';
import { Workspace } from './workspace.ts';
import { Sinks } from './sinks.ts';
import { Jobs } from './jobs.ts';
import { Audit } from './audit.ts';

/** Every operation this client can call. */
export const OPERATIONS = [
  'devices.list',
  'devices.create',
  'devices.get',
  'devices.update',
  'devices.delete',
  'devices.getLink',
  'devices.link',
  'devices.qr',
  'devices.linkEvents',
  'devices.getLinkPage',
  'devices.createLinkPage',
  'devices.revokeLinkPage',
  'devices.unlink',
  'devices.restart',
  'devices.health',
  'devices.setPresence',
  'messages.list',
  'messages.send',
  'messages.sendBatch',
  'messages.search',
  'messages.get',
  'messages.edit',
  'messages.revoke',
  'messages.cancel',
  'messages.timeline',
  'messages.forward',
  'messages.read',
  'messages.fetchMedia',
  'messages.postStatus',
  'templates.list',
  'templates.create',
  'templates.get',
  'templates.update',
  'templates.delete',
  'templates.preview',
  'media.list',
  'media.upload',
  'media.fetch',
  'media.get',
  'media.delete',
  'media.content',
  'media.createLink',
  'conversations.list',
  'conversations.get',
  'conversations.read',
  'conversations.typing',
  'calls.list',
  'calls.get',
  'calls.reject',
  'contacts.list',
  'contacts.get',
  'contacts.optOut',
  'contacts.optIn',
  'devices.checkNumbers',
  'groups.list',
  'groups.create',
  'groups.join',
  'groups.get',
  'groups.update',
  'groups.changeMembers',
  'groups.getInvite',
  'groups.revokeInvite',
  'groups.listJoinRequests',
  'groups.decideJoinRequests',
  'groups.leave',
  'devices.getProfile',
  'devices.updateProfile',
  'devices.listBlocked',
  'devices.block',
  'devices.unblock',
  'devices.getPicture',
  'devices.setPicture',
  'devices.removePicture',
  'devices.getPictureOf',
  'groups.getPicture',
  'groups.setPicture',
  'groups.removePicture',
  'devices.listPresences',
  'devices.subscribePresence',
  'devices.unsubscribePresence',
  'events.list',
  'events.stream',
  'events.createStreamToken',
  'webhooks.list',
  'webhooks.create',
  'webhooks.get',
  'webhooks.update',
  'webhooks.delete',
  'webhooks.rotateSecret',
  'webhooks.verify',
  'webhooks.test',
  'webhooks.pause',
  'webhooks.resume',
  'webhooks.listDeliveries',
  'webhooks.getDelivery',
  'webhooks.replayDelivery',
  'webhooks.replay',
  'members.list',
  'invitations.list',
  'members.invite',
  'members.changeRole',
  'members.remove',
  'invitations.revoke',
  'sessions.list',
  'sessions.revoke',
  'keys.list',
  'keys.create',
  'keys.get',
  'keys.update',
  'keys.revoke',
  'keys.rotate',
  'keys.endRotation',
  'me.get',
  'sandbox.listPhones',
  'sandbox.createPhone',
  'sandbox.getPhone',
  'sandbox.scan',
  'sandbox.typeCode',
  'sandbox.listMessages',
  'sandbox.sendFromPhone',
  'sandbox.read',
  'sandbox.setOnline',
  'sandbox.createGroup',
  'sandbox.getGroup',
  'sandbox.renameGroup',
  'sandbox.listGroups',
  'sandbox.changeGroupMembers',
  'sandbox.leaveGroup',
  'sandbox.joinGroup',
  'sandbox.setOnlyByInvite',
  'sandbox.typing',
  'sandbox.setPicture',
  'sandbox.getFaults',
  'sandbox.setFaults',
  'sandbox.disrupt',
  'sandbox.listCalls',
  'sandbox.call',
  'sandbox.endCall',
  'usage.get',
  'workspaces.list',
  'workspaces.create',
  'workspaces.get',
  'workspaces.update',
  'workspace.get',
  'workspace.update',
  'sinks.list',
  'jobs.list',
  'jobs.get',
  'jobs.cancel',
  'jobs.result',
  'contacts.export',
  'contacts.erase',
  'workspace.export',
  'workspace.erase',
  'audit.list',
  'audit.export',
] as const;

/** The operations by their resource. */
export class Api {
  readonly devices: Devices;
  readonly messages: Messages;
  readonly templates: Templates;
  readonly media: Media;
  readonly conversations: Conversations;
  readonly calls: Calls;
  readonly contacts: Contacts;
  readonly groups: Groups;
  readonly events: Events;
  readonly webhooks: Webhooks;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly sessions: Sessions;
  readonly keys: Keys;
  readonly me: Me;
  readonly sandbox: Sandbox;
  readonly usage: Usage;
  readonly workspaces: Workspaces;
  readonly workspace: Workspace;
  readonly sinks: Sinks;
  readonly jobs: Jobs;
  readonly audit: Audit;

  constructor(http: Transport) {
    this.devices = new Devices(http);
    this.messages = new Messages(http);
    this.templates = new Templates(http);
    this.media = new Media(http);
    this.conversations = new Conversations(http);
    this.calls = new Calls(http);
    this.contacts = new Contacts(http);
    this.groups = new Groups(http);
    this.events = new Events(http);
    this.webhooks = new Webhooks(http);
    this.members = new Members(http);
    this.invitations = new Invitations(http);
    this.sessions = new Sessions(http);
    this.keys = new Keys(http);
    this.me = new Me(http);
    this.sandbox = new Sandbox(http);
    this.usage = new Usage(http);
    this.workspaces = new Workspaces(http);
    this.workspace = new Workspace(http);
    this.sinks = new Sinks(http);
    this.jobs = new Jobs(http);
    this.audit = new Audit(http);
  }
}
