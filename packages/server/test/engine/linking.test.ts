// Trap 12 (passkey) is the last test; trap 11 (QR text) is the phone's to read: `scan` takes both forms.
import { node } from '@waping/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linked, type Stage, spec, stage, text } from './kit.ts';

describe('linking', () => {
  let scene: Stage;

  beforeAll(async () => {
    scene = await stage({}, { linkTimeoutMs: 20_000 });
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  it('links by pairing code', async () => {
    const phone = scene.network.account('+15550001').phone;
    await scene.engine.link(spec('dev_code'), { method: 'code', phone: '+1 555-0001' });
    const { code, expiresAt } = await scene.store.fact('dev_code', 'code');
    expect(code).toMatch(/^[0-9A-Z]{8}$/);
    expect(expiresAt).toBeGreaterThan(Date.now());
    await phone.typeCode(code);
    expect(await scene.store.fact('dev_code', 'open')).toMatchObject({ account: { phone: '+15550001' } });
    expect(scene.store.facts('dev_code').some(({ fact }) => fact === 'qr')).toBe(false);
    scene.network.account('+15550002');
    await scene.engine.send('dev_code', text('+15550002', 'by code'));
    await scene.network.account('+15550002').phone.expect((one) => one.text === 'by code');
  });

  it('stores nothing before the phone has accepted', async () => {
    await scene.engine.link(spec('dev_idle'), { method: 'qr' });
    await scene.store.fact('dev_idle', 'qr');
    await scene.engine.stop('dev_idle');
    expect(await scene.store.loadCredentials('wsp_1', 'dev_idle')).toBeNull();
    expect(scene.store.facts('dev_idle').at(-1)).toMatchObject({ fact: 'closed', cause: 'stopped' });
  });

  it('shows a new QR when the connection is lost before the scan, and links with it', async () => {
    await scene.engine.link(spec('dev_again'), { method: 'qr' });
    const first = await scene.store.fact('dev_again', 'qr');
    const from = scene.store.facts('dev_again').length;
    for (const connection of scene.network.connections()) if (!connection.device) connection.terminate();
    const second = await scene.store.fact('dev_again', 'qr', from);
    expect(second.text).not.toBe(first.text);
    await scene.network.account('+15550005').phone.scan(second.text);
    await scene.store.fact('dev_again', 'open');
  });

  it('replaces the keys of an earlier link in the commit that stores the new identity', async () => {
    await linked(scene, 'dev_twice', '+15550006');
    await scene.engine.stop('dev_twice');
    const rows = scene.store.devices.get('wsp_1/dev_twice');
    const old = new Set(rows?.keys.values());
    await linked(scene, 'dev_twice', '+15550007');
    for (const value of rows?.keys.values() ?? []) expect(old.has(value)).toBe(false);
  });

  it('gives up at the deadline', async () => {
    await using short = await stage({}, { linkTimeoutMs: 1_000 });
    await short.engine.link(spec('dev_late'), { method: 'qr' });
    expect(await short.store.fact('dev_late', 'closed')).toEqual({ fact: 'closed', cause: 'link_timeout' });
    expect(await short.engine.health('dev_late')).toBeNull();
  });

  it('goes on after the worker died while the QR was shown', async () => {
    await scene.engine.link(spec('dev_dead'), { method: 'qr' });
    await scene.store.fact('dev_dead', 'qr');
    const from = scene.store.facts('dev_dead').length;
    for (const { pid } of scene.engine.workers()) process.kill(pid, 'SIGKILL');
    const { text: qr } = await scene.store.fact('dev_dead', 'qr', from);
    await scene.network.account('+15550008').phone.scan(qr);
    await scene.store.fact('dev_dead', 'open', from);
  });

  it('logs out: the server forgets the companion and the store its credentials', async () => {
    await linked(scene, 'dev_out', '+15550010');
    await scene.engine.logout('dev_out');
    expect(scene.network.account('+15550010').devices.size).toBe(0);
    expect(await scene.store.loadCredentials('wsp_1', 'dev_out')).toBeNull();
    expect(scene.store.facts('dev_out').at(-1)).toEqual({ fact: 'closed', cause: 'logged_out' });
  });

  it('tells that the account needs a passkey', async () => {
    await scene.engine.link(spec('dev_key'), { method: 'qr' });
    await scene.store.fact('dev_key', 'qr');
    const attrs = { id: 'p1', from: 's.whatsapp.net', type: 'passkey_prologue_request', t: '1' };
    for (const one of scene.network.connections()) if (!one.device) one.send(node('notification', attrs));
    await scene.store.fact('dev_key', 'passkey_required');
  });
});
