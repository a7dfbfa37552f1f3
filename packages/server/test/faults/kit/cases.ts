import { setTimeout as sleep } from 'node:timers/promises';
import { expectOk } from '../../kit/sandbox-device.ts';
import type { Scene } from './scene.ts';

/** Whom a fault hits. */
export interface Subject {
  scene: Scene;
  deviceId: string;
  /** The phone the device is linked to. */
  phone: string;
}

/** One thing that goes wrong, and what a person does about it where that takes one. */
export interface FaultCase {
  name: string;
  /** Begins; with something lasting also before the device is linked. */
  begin(subject: Subject): Promise<void>;
  /** What lasts is over. */
  end?(subject: Subject): Promise<void>;
  /** It can begin before there is a connection. */
  lasting: boolean;
  /** WhatsApp refuses what is sent meanwhile, with this code: a clear failure, and nothing that arrives. */
  refuses?: string;
  /** The link is gone meanwhile: nobody can send anything to the device. */
  unlinks?: boolean;
  /** It comes while many messages are leaving. */
  midSend?: boolean;
  /** The phone may go on listing a link that the gateway lost before it was on disk. */
  leavesLinks?: boolean;
}

/** So long it lasts: more than the seconds after which a session is taken for deaf. */
const LASTS_MS = 4_000;

const lasting = (name: string, faults: Record<string, unknown>, more: Partial<FaultCase> = {}): FaultCase => ({
  name,
  lasting: true,
  begin: async ({ scene, phone }) => void (await scene.setFaults(phone, faults)),
  end: async ({ scene, phone }) => {
    await sleep(LASTS_MS);
    await scene.setFaults(phone);
  },
  ...more,
});

/** What hits a connection once. At linking it is aimed at the first connection there is. */
const once = (name: string, how: Record<string, unknown>, more: Partial<FaultCase> = {}): FaultCase => ({
  name,
  lasting: false,
  begin: async ({ scene, phone, deviceId }) => {
    const end = Date.now() + 10_000;
    while (Number((await scene.disrupt(phone, how))['connections']) === 0) {
      if (Date.now() > end) throw new Error(`${deviceId} has no connection to disrupt`);
      await sleep(10);
    }
  },
  ...more,
});

/** What needs a person's restart, as `stateReason` tells them. */
const restarted = (state: string): Pick<FaultCase, 'end'> => ({
  end: async ({ scene, deviceId, phone }) => {
    await scene.state(deviceId, state);
    await scene.setFaults(phone);
    await expectOk(scene.api.post(`/v1/devices/${deviceId}/restart`));
  },
});

/** A person takes the device off the phone, and links it again. */
const unlinked = (name: string, more: Partial<FaultCase> = {}): FaultCase => ({
  ...once(name, { kind: 'unlink' }),
  unlinks: true,
  end: async ({ scene, deviceId, phone }) => {
    // While it is still linking, what the phone takes back ends that.
    await scene.state(deviceId, 'logged_out', 'unlinked');
    await scene.link(deviceId, phone);
  },
  ...more,
});

export const CASES: readonly FaultCase[] = [
  once('socket dropped', { kind: 'drop' }),
  once('half-open TCP', { kind: 'freeze' }),
  once('deaf, pings answered', { kind: 'deafen' }),
  once('deaf, pings unanswered', { kind: 'deafen', silent: true }),
  once('frame that cannot be read', { kind: 'corrupt' }),
  lasting('slow acks', { ackDelayMs: 1_500 }),
  lasting('lost acks', { ackDrop: true }),
  lasting('acks twice', { ackDuplicate: true }),
  lasting('acks out of order', { ackReorder: true }),
  lasting('frames twice', { duplicate: true }),
  lasting('frames out of order', { reorder: true }),
  lasting('frames twice and out of order', { duplicate: true, reorder: true }),
  once('stream error 500', { kind: 'stream_error', code: 500 }),
  once('stream error 503', { kind: 'stream_error', code: 503 }),
  once('stream error 515', { kind: 'stream_error', code: 515 }),
  once('replaced (440)', { kind: 'replace' }, restarted('disconnected')),
  lasting('nack 463', { nack: 463 }, { refuses: '463' }),
  lasting('nack 479', { nack: 479 }, { refuses: '479' }),
  lasting('nack 500', { nack: 500 }, { refuses: '500' }),
  {
    ...lasting('log-ins refused (503)', {}),
    begin: async ({ scene, phone }) => {
      await scene.setFaults(phone, { rejectLogin: 503 });
      await scene.disrupt(phone, { kind: 'drop' });
    },
  },
  unlinked('phone unlinks'),
  unlinked('phone unlinks mid-send', { midSend: true }),
];

/** Hits every session of the process at once, so it has its own turn. */
export const WORKER_KILL: FaultCase = {
  name: 'engine worker killed',
  lasting: false,
  leavesLinks: true,
  begin: async ({ scene }) => {
    if (scene.killWorkers() === 0) throw new Error('there is no worker to kill');
  },
  // A link that was not on disk yet is made by another scan; the code shown before is refused by then.
  end: async ({ scene, deviceId, phone }) => {
    const end = Date.now() + 30_000;
    for (let state = ''; state !== 'connected' && Date.now() < end; await sleep(200)) {
      state = String((await scene.api.get(`/v1/devices/${deviceId}`)).body['state']);
      if (state !== 'linking') continue;
      const { body } = await scene.api.get(`/v1/devices/${deviceId}/qr`);
      if (body['qr'] !== undefined) await scene.scan(phone, String(body['qr']));
    }
  },
};
