import { expect, it } from 'vitest';
import { createLogger } from '../../src/platform/log.ts';
import { WakeupBus } from '../../src/platform/wakeups.ts';
import { describeEachDb } from '../kit/db.ts';

describeEachDb('news of events', (database) => {
  /** A bus, and the workspaces it heard have news. */
  const open = async (): Promise<{ bus: WakeupBus; heard: (string | null)[] }> => {
    const bus = new WakeupBus(database().db, createLogger('silent'));
    const heard: (string | null)[] = [];
    const none = (): void => undefined;
    const events = (workspaceId: string | null) => void heard.push(workspaceId);
    await bus.start({ devices: none, outbox: none, reads: none, merged: none, limits: none, events });
    return { bus, heard };
  };

  it('are heard here at once, of the workspace of the call unless it names another', async () => {
    const { bus, heard } = await open();
    await using _bus = bus;
    const wake = bus.within('ws_own');
    wake.events();
    wake.events('ws_other');
    expect(heard).toEqual(['ws_own', 'ws_other']);
  });

  it('reach other nodes with the names of the workspaces, or of none where they are many', async () => {
    if (database().db.kind === 'pglite') return;
    const [one, other] = [await open(), await open()];
    await using _one = one.bus;
    await using _other = other.bus;
    for (const id of ['ws_a', 'ws_b', 'ws_a']) one.bus.events(id);
    await expect.poll(() => other.heard, { timeout: 20_000 }).toEqual(['ws_a', 'ws_b']);
    for (let n = 0; n < 101; n++) one.bus.events(`ws_${n}`);
    await expect.poll(() => other.heard.slice(2), { timeout: 20_000 }).toEqual([null]);
  });
});
