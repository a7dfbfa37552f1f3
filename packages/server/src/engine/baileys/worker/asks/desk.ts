import type { AskName, Asks } from '../../../asks.ts';
import { EngineSendError } from '../../../port.ts';
import type { LiveSocket } from '../live-socket.ts';
import { MediaDesk, type MediaDeskDeps } from '../media/desk.ts';
import type { PresenceWatch } from '../presence-watch.ts';
import { ChatStates } from './chat-states.ts';
import * as groups from './groups.ts';
import { checkNumbers, NumberAllowance } from './numbers.ts';
import * as pictures from './pictures.ts';
import * as profile from './profile.ts';
import { markRead } from './reads.ts';
import { type AskTools, askError, jidOf } from './tools.ts';

type Answerers = { [K in AskName]: (tools: AskTools, input: Asks[K]['input']) => Promise<Asks[K]['answer']> };

export interface DeskDeps {
  media: MediaDeskDeps;
  /** The open connection; undefined while there is none. */
  live: () => LiveSocket | undefined;
  readAgain: (groupId: string) => void;
  changing: (groupId: string | null) => void;
  presences: () => PresenceWatch;
}

/** Answers what a session is asked. It outlives the session's connections. */
export class Desk {
  readonly tools: AskTools;
  readonly #states = new ChatStates(async (state, jid) => this.tools.live().sock.sendPresenceUpdate(state, jid));
  readonly #allowance = new NumberAllowance();
  /** Pictures of others, for the same reason as numbers. */
  readonly #pictureAllowance = new NumberAllowance();
  readonly #media: MediaDesk;
  readonly #presences: () => PresenceWatch;
  readonly #answerers: Answerers;

  constructor({ live, media, presences, ...rest }: DeskDeps) {
    this.#media = new MediaDesk(media);
    this.#presences = presences;
    this.tools = {
      ...rest,
      live: () => {
        const open = live();
        if (!open) throw new EngineSendError('not_open', 'the session is not connected', true);
        return open;
      },
    };
    this.#answerers = this.#makeAnswerers();
  }

  /** Rejects with EngineAskError. */
  async answer(name: AskName, input: unknown): Promise<unknown> {
    try {
      return await answererOf(this.#answerers, name)(this.tools, input);
    } catch (error) {
      throw askError(error);
    }
  }

  /** The connection is gone. */
  closed(): void {
    this.#states.clear();
    this.#media.closed();
  }

  #makeAnswerers(): Answerers {
    return {
      markRead,
      chatState: async (_tools, { chat, state }) => {
        await this.#states.set(jidOf(chat), state);
        return null;
      },
      rejectCall: async (tools, { callId, caller }) => {
        const live = tools.live();
        await Promise.race([live.sock.rejectCall(callId, caller), live.gate.whenClosed]);
        return null;
      },
      presence: async (tools, { available }) => {
        await tools.live().sock.sendPresenceUpdate(available ? 'available' : 'unavailable');
        return null;
      },
      watchPresence: (_tools, wanted) => this.#presences().watch(wanted),
      unwatchPresence: async (_tools, { ref }) => {
        this.#presences().unwatch(ref);
        return null;
      },
      watchedPresences: async () => this.#presences().list(),
      numbers: async (tools, { phones }) => {
        tools.live();
        this.#allowance.take(phones.length);
        return checkNumbers(tools, phones);
      },
      group: groups.readOne,
      createGroup: groups.create,
      changeGroup: groups.change,
      changeMembers: groups.changeMembers,
      groupInvite: groups.invite,
      joinGroup: groups.join,
      joinRequests: groups.joinRequests,
      decideJoinRequests: groups.decide,
      leaveGroup: groups.leave,
      profile: profile.readProfile,
      changeProfile: profile.changeProfile,
      picture: async (tools, input) => {
        tools.live();
        if (input.of?.kind === 'person') this.#pictureAllowance.take(1);
        return pictures.readPicture(tools, input);
      },
      changePicture: pictures.changePicture,
      uploadMedia: (tools, input) => this.#media.upload(tools, input),
      downloadMedia: (_tools, input) => this.#media.download(input),
      reuploadMedia: (tools, input) => this.#media.reupload(tools, input),
      blocked: profile.readBlocked,
      block: profile.block,
    };
  }
}

/** Guarantee: `Engine.ask` ties `input` to `name`, and both ends of the channel are this package in one version. */
function answererOf(answerers: Answerers, name: AskName): (tools: AskTools, input: unknown) => Promise<unknown> {
  return answerers[name] as (tools: AskTools, input: unknown) => Promise<unknown>;
}
