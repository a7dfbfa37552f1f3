import { type Network, startNetwork } from '@waping/sandbox';
import type { Chat, Contact } from 'baileys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClient } from './kit/client.ts';

const ALICE = '15550101';
const CHAT = '15550102@s.whatsapp.net';
/** Baileys leaves MAC checks out by default; here every one has to pass. */
const config = { appStateMacVerification: { patch: true, snapshot: true } };

let network: Network;
let first: TestClient;
let second: TestClient;

beforeAll(async () => {
  network = await startNetwork({ seed: 'app-state' });
  network.account('15550102', { name: 'Bob' });
  first = await new TestClient(network, { config }).pair(ALICE);
  second = await new TestClient(network, { config }).pair(ALICE);
});

afterAll(async () => {
  await first.stop();
  await second.stop();
  await network.close();
});

const act = (action: Parameters<Network['core']['appState']['act']>[1]) => network.core.appState.act(ALICE, action);

function chatUpdate(client: TestClient, accepts: (chat: Partial<Chat>) => boolean): Promise<Partial<Chat>> {
  return client.until(() =>
    client
      .events('chats.update')
      .flat()
      .find((chat) => chat.id === CHAT && accepts(chat)),
  );
}

function contactNamed(client: TestClient, name: string): Promise<Contact> {
  return client.until(() =>
    client
      .events('contacts.upsert')
      .flat()
      .find((contact) => contact.name === name),
  );
}

/** The client's own hash of `regular_low`, once it has reached this version. */
async function syncedTo(client: TestClient, version: number): Promise<Uint8Array> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const { regular_low: own } = await client.auth.state().keys.get('app-state-sync-version', ['regular_low']);
    if (own?.version === version) return own.hash;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the client never reached version ${version}`);
}

const onPhone = (collection: 'regular_low' | 'regular_high' | 'critical_unblock_low', kind: string) =>
  network.core.appState.account(ALICE).phone.value(collection, [kind, CHAT]);

describe('what a person does on the phone', () => {
  it('reaches every linked device: archive', async () => {
    act({ type: 'archive', chat: CHAT, on: true });
    for (const client of [first, second]) await chatUpdate(client, (chat) => chat.archived === true);
    act({ type: 'archive', chat: CHAT, on: false });
    for (const client of [first, second]) await chatUpdate(client, (chat) => chat.archived === false);
  });

  it('reaches every linked device: pin and mute', async () => {
    act({ type: 'pin', chat: CHAT, on: true });
    act({ type: 'mute', chat: CHAT, until: 4_102_444_800_000 });
    for (const client of [first, second]) {
      await chatUpdate(client, (chat) => typeof chat.pinned === 'number');
      await chatUpdate(client, (chat) => chat.muteEndTime === 4_102_444_800_000);
    }
  });

  it('reaches every linked device: the name of a contact', async () => {
    act({ type: 'contact', jid: CHAT, name: 'Bob Builder' });
    for (const client of [first, second]) expect((await contactNamed(client, 'Bob Builder')).id).toBe(CHAT);
  });
});

describe('what a linked device does', () => {
  it('reaches the phone and the other device: archive', async () => {
    const message = { key: { remoteJid: CHAT, id: 'A1', fromMe: true }, messageTimestamp: 1_700_000_000 };
    await first.socket.chatModify({ archive: true, lastMessages: [message] }, CHAT);
    await second.until(() => {
      const seen = second
        .events('chats.update')
        .flat()
        .filter((chat) => chat.archived !== undefined);
      return seen.length > 2 && seen.at(-1)?.archived ? true : undefined;
    });
    expect(onPhone('regular_low', 'archive')?.archiveChatAction?.archived).toBe(true);
  });

  it('reaches the phone and the other device: pin and mute', async () => {
    await second.socket.chatModify({ pin: false }, CHAT);
    await second.socket.chatModify({ mute: 4_000_000_000_000 }, CHAT);
    await chatUpdate(first, (chat) => chat.pinned === null);
    await chatUpdate(first, (chat) => chat.muteEndTime === 4_000_000_000_000);
    expect(onPhone('regular_low', 'pin_v1')?.pinAction?.pinned).toBe(false);
    expect(Number(onPhone('regular_high', 'mute')?.muteAction?.muteEndTimestamp)).toBe(4_000_000_000_000);
  });

  it('reaches the phone and the other device: the name of a contact, and its removal', async () => {
    await first.socket.addOrEditContact(CHAT, { fullName: 'Robert', firstName: 'Rob' });
    expect((await contactNamed(second, 'Robert')).id).toBe(CHAT);
    expect(onPhone('critical_unblock_low', 'contact')?.contactAction?.fullName).toBe('Robert');
    await first.socket.removeContact(CHAT);
    await second.until(() => onPhone('critical_unblock_low', 'contact') === undefined || undefined);
  });

  it('is never refused by the phone, whose hashes equal those of both devices', async () => {
    const refusals: string[] = [];
    network.on('appState', (_, change) => change.refused !== undefined && refusals.push(change.refused));
    for (let round = 0; round < 3; round++) {
      for (const client of [first, second]) await client.socket.chatModify({ pin: round % 2 === 0 }, CHAT);
    }
    expect(refusals).toEqual([]);
    const { version, hash } = network.core.appState.account(ALICE).phone.collection('regular_low');
    for (const client of [first, second]) {
      const own = await syncedTo(client, version);
      expect(Buffer.from(own)).toEqual(hash);
    }
  });
});

describe('a device linked later', () => {
  const collection = 'critical_unblock_low';

  it.each([
    ['patches, as long as they are few', 1, false],
    ['a snapshot over TLS, once they are many', 25, true],
  ])('gets all of it: %s', async (_, changes, snapshot) => {
    for (let round = 1; round <= changes; round++) act({ type: 'contact', jid: CHAT, name: `Bob ${changes}.${round}` });
    const blobs = network.core.media.blobs.count;
    const late = await new TestClient(network, { config }).pair(ALICE);
    expect((await contactNamed(late, `Bob ${changes}.${changes}`)).id).toBe(CHAT);
    expect(network.core.media.blobs.count > blobs).toBe(snapshot);
    const { hash, version } = network.core.appState.account(ALICE).phone.collection(collection);
    const { [collection]: stored } = await late.auth.state().keys.get('app-state-sync-version', [collection]);
    expect(stored?.version).toBe(version);
    expect(Buffer.from(stored?.hash ?? [])).toEqual(hash);
    await late.stop();
  });

  it('learns the name of the account', async () => {
    const late = await new TestClient(network, { config }).pair(ALICE);
    const { name } = network.account(ALICE);
    await late.until(() => late.events('creds.update').find((update) => update.me?.name === name));
    await late.stop();
  });
});
