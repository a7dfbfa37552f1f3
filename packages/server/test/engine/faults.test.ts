// What WhatsApp and the network do to a connection, and what the session makes of it. Traps of the engine library:
// 1 (a stream error that crashes) "a stream error without a number"; 6 (old sockets) "one connection at a time";
// 10 (stale versions) and 14 (trust per process) at the end.
import { node } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineSendError } from '../../src/engine/port.ts';
import { linked, type Stage, spec, stage, text } from './kit.ts';

describe('connection faults', () => {
  let scene: Stage;

  beforeAll(async () => {
    scene = await stage({}, { worker: { keepAliveMs: 1_500 } });
    await linked(scene, 'dev_a', '+15550001');
    await linked(scene, 'dev_b', '+15550003');
    scene.network.account('+15550002');
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  const bob = () => scene.network.account('+15550002').phone;
  const closedAfter = (from: number) => scene.store.fact('dev_a', 'closed', from);
  const count = () => scene.store.facts('dev_a').length;
  /** Sends, again while the session is on its way back. */
  const works = async (body: string): Promise<void> => {
    const message = text('+15550002', body);
    await expect.poll(() => outcome(scene.engine.send('dev_a', message)), { timeout: 20_000 }).toBe('sent');
    await bob().expect((one) => one.text === body);
  };
  const backAfter = async (fault: () => void) => {
    const from = count();
    fault();
    const closed = await closedAfter(from);
    await scene.store.fact('dev_a', 'open', from);
    return closed;
  };

  it('survives a stream error without a number, alone and in the same worker', async () => {
    const [before] = scene.engine.workers();
    const others = scene.store.facts('dev_b').length;
    const closed = await backAfter(() => scene.network.streamError({ code: 'oddity', reason: 'surprise' }, '15550001'));
    expect(closed).toMatchObject({ cause: 'bad_session' });
    expect(scene.engine.workers()).toEqual([before]);
    expect(scene.store.facts('dev_b')).toHaveLength(others);
    await works('after the oddity');
  });

  it.each([
    ['503', 'server_unavailable', 503],
    ['515', 'restart_required', 515],
    ['500', 'server_unavailable', 500],
  ] as const)('comes back after a stream error %s', async (code, cause, number) => {
    const closed = await backAfter(() => scene.network.streamError({ code }, '15550001'));
    expect(closed).toMatchObject({ cause, code: number });
    expect(closed.retryAt).toBeTypeOf('number');
    await works(`after ${code}`);
  });

  it('comes back after a cut TCP connection, a corrupt frame and a silent one', async () => {
    expect(await backAfter(() => scene.network.kick('15550001'))).toMatchObject({ cause: 'network' });
    expect(await backAfter(() => scene.network.corrupt('15550001'))).toMatchObject({ cause: 'bad_session' });
    expect(await backAfter(() => scene.network.freeze('15550001'))).toMatchObject({ cause: 'network' });
    await works('after all three');
  });

  it('survives stanzas of a shape nobody expects', async () => {
    const [connection] = scene.network.connections('15550001');
    if (!connection) throw new Error('not connected');
    connection.send(node('message', { from: '15550002@s.whatsapp.net' }));
    connection.send(node('receipt', { id: 'X' }));
    connection.send(node('notification', { id: 'N1', from: 's.whatsapp.net', type: 'encrypt' }));
    connection.send(node('ack', { class: 'message' }));
    connection.send(node('iq', { id: 'z', type: 'set', from: 's.whatsapp.net' }, [node('pair-success')]));
    await works('after nonsense');
    expect(scene.engine.workers()).toMatchObject([{ restarts: 0 }]);
  });

  it('keeps one connection at a time through many reconnects', async () => {
    for (let i = 0; i < 5; i++) await backAfter(() => scene.network.kick('15550001'));
    await expect.poll(() => scene.network.connections('15550001').length, { timeout: 20_000 }).toBe(1);
    await works('after five');
  });

  it('rejects a send in flight when the connection is cut, as retryable', async () => {
    scene.network.account('+15550009');
    scene.network.faults.muteIq.add('usync');
    const from = count();
    const sending = scene.engine.send('dev_a', text('+15550009', 'in flight'));
    const rejected = expect(sending).rejects.toMatchObject({ reason: 'not_open', retry: true });
    await new Promise((resolve) => setTimeout(resolve, 200));
    scene.network.kick('15550001');
    await rejected;
    scene.network.faults.muteIq.clear();
    await scene.store.fact('dev_a', 'open', from);
  });

  it('gives way when another client takes over (440), keeps the credentials, and opens again when told', async () => {
    const from = count();
    scene.network.streamError({ reason: 'conflict', type: 'replaced' }, '15550001');
    const closed = await closedAfter(from);
    expect(closed).toMatchObject({ cause: 'replaced' });
    expect(closed.retryAt).toBeUndefined();
    await expect(scene.engine.send('dev_a', text('+15550002', 'no'))).rejects.toMatchObject({ reason: 'not_open' });
    const again = count();
    await scene.engine.open(spec('dev_a'));
    await scene.store.fact('dev_a', 'open', again);
    await works('after 440');
  });

  it('stays closed when the version is refused (405) or the account is banned (403)', async () => {
    for (const [code, cause] of [
      [405, 'outdated_version'],
      [403, 'banned'],
    ] as const) {
      scene.network.faults.rejectLogin = code;
      const from = count();
      scene.network.kick('15550001');
      const closed = await scene.store.until(cause, () =>
        scene.store
          .facts('dev_a')
          .slice(from)
          .find((one) => one.fact === 'closed' && one.cause === cause),
      );
      expect(closed).toMatchObject({ fact: 'closed', cause, code });
      expect(closed).not.toHaveProperty('retryAt');
      scene.network.faults.rejectLogin = undefined;
      const again = count();
      await scene.engine.open(spec('dev_a'));
      await scene.store.fact('dev_a', 'open', again);
    }
  });

  it('wipes the credentials when the phone removes the device (401), and only then', async () => {
    expect(await scene.store.loadCredentials('wsp_1', 'dev_a')).not.toBeNull();
    const from = count();
    scene.network.account('+15550001').phone.unlink(1);
    expect(await closedAfter(from)).toEqual({ fact: 'closed', cause: 'logged_out', code: 401 });
    expect(await scene.store.loadCredentials('wsp_1', 'dev_a')).toBeNull();
    expect(scene.store.devices.get('wsp_1/dev_a')?.keys.size).toBe(0);
    await expect(scene.engine.open(spec('dev_a'))).rejects.toThrow('link it first');
  });
});

describe('trust and version', () => {
  it('does not talk to a server whose certificate has another root', async () => {
    await using scene = await stage({}, {}, { rootKey: 'ab'.repeat(32) });
    await scene.engine.link(spec('dev_a'), { method: 'qr' });
    expect(await scene.store.fact('dev_a', 'closed')).toMatchObject({ cause: 'bad_session', code: 400 });
    expect(scene.store.facts('dev_a').some(({ fact }) => fact === 'qr')).toBe(false);
  });

  it('announces the version of the setting, and says so when it is refused as outdated', async () => {
    await using scene = await stage({}, {}, { version: [2, 3000, 7] });
    scene.network.faults.minVersion = [2, 3000, 7];
    await linked(scene, 'dev_a', '+15550001');
    scene.network.faults.minVersion = [2, 3000, 8];
    const from = scene.store.facts('dev_a').length;
    scene.network.kick('15550001');
    const refused = await scene.store.until('405', () =>
      scene.store
        .facts('dev_a')
        .slice(from)
        .find((one) => one.fact === 'closed' && one.code === 405),
    );
    expect(refused).toEqual({ fact: 'closed', cause: 'outdated_version', code: 405 });
  });
});

const outcome = (sending: Promise<void>): Promise<string> =>
  sending.then(
    () => 'sent',
    (error: unknown) => (error instanceof EngineSendError && error.retry ? 'retry' : String(error)),
  );
