import { expect, it } from 'vitest';
import { attemptJson } from '../../src/features/webhooks/index.ts';
import { newId } from '../../src/platform/ids.ts';
import { describeEachDb } from '../kit/db.ts';
import { HookWorld } from '../kit/hooks.ts';
import { RightsWorld, whereIs } from '../kit/rights.ts';

const ADA = { phone: '+4915550003333', lid: '700000003333333@lid' };
const BEN = '+4915550004444';
const ATTEMPT = { at: '2026-11-29T12:00:00.000Z', status: 404, latencyMs: 7, error: 'answered 404' };

describeEachDb('erasing a contact', (database) => {
  it('takes what receivers of webhooks answered about it, and leaves the rest of the log of deliveries', async () => {
    const { db } = database();
    const world = await RightsWorld.create(db);
    const hooks = HookWorld.of(world.caller, world.masterKey);
    const { id: webhookId } = await hooks.hook('https://hooks.example.com/');
    await world.arrive(ADA, 'Hello', 'Ada');
    const contactId = await world.contactId(ADA.phone);
    const answers = [`no ${ADA.phone} here`, `who is "${ADA.lid}"?`, `hello ${contactId}`, `hello ${BEN}`];
    for (const answer of answers) {
      const event = { webhookId, eventId: newId('evt'), eventType: 'test.happened', lane: '', id: newId('wdl') };
      await hooks.delivered(event, attemptJson({ ...ATTEMPT, answer }));
    }
    expect(await whereIs(db, ADA.phone.slice(1))).toContain('webhook_delivery.attempts');
    const job = await world.finish(String((await world.ask('contacts.erase', { params: { contactId } }))['id']));
    expect(job).toMatchObject({ state: 'succeeded' });
    for (const text of [ADA.phone.slice(1), ADA.lid]) expect(await whereIs(db, text)).toEqual([]);
    const rows = await hooks.deliveries(webhookId, { order: 'asc' });
    const left = rows.map((row) => row['attempts']);
    expect(left).toEqual([null, null, null, `hello ${BEN}`].map((answer) => [{ ...ATTEMPT, answer }]));
  });
});
