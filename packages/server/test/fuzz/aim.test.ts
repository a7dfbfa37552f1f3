import { expect, it } from 'vitest';
import { sendMessage } from '../../src/features/messages/send.ts';
import { buildOpenApi } from '../../src/surfaces/http/openapi.ts';
import { aimSend } from './aim.ts';
import { Memory } from './memory.ts';
import { Random } from './random.ts';
import { asJson, Description } from './spec.ts';
import { type Sources, valid } from './values.ts';

const TAIL = '01jd8k3v5q7w9x2y4z6a8b0c1d';
const SENDS = 800;
/** Of some sixty of each type; 15 of 100 are left as they are drawn on purpose, and some of those are refused. */
const ACCEPTED = 0.75;

function known(): Memory {
  const memory = new Memory('nothing is secret here');
  const message = { id: `msg_${TAIL}`, conversationId: `cnv_${TAIL}`, deviceId: `dev_${TAIL}`, type: 'text' };
  const poll = { id: `msg_${TAIL.replace('01', '02')}`, type: 'poll', poll: { options: ['Now', 'Later'] } };
  const order = { name: 'order', type: 'text' };
  memory.learn(
    JSON.stringify({
      data: [
        { ...message, revokedAt: null },
        { ...message, ...poll, revokedAt: null },
        { id: `tpl_${TAIL}`, variables: [order] },
      ],
    }),
  );
  return memory;
}

it('draws sends of every type, and most of each are what a send takes', () => {
  const random = new Random(7);
  const memory = known();
  const description = new Description(asJson(JSON.parse(JSON.stringify(buildOpenApi('test')))));
  const operation = description.operations.find(({ id }) => id === 'messages.send');
  const sources: Sources = { random, description, memory, phones: ['+15550001000'] };
  const counts = new Map<string, { drawn: number; taken: number }>();
  for (let left = SENDS; left > 0; left -= 1) {
    const body = aimSend(asJson(valid(sources, operation?.body, 'body')), { random, memory, connected: undefined });
    const count = counts.get(String(body['type'])) ?? { drawn: 0, taken: 0 };
    const isTaken = sendMessage.body?.safeParse(body).success === true;
    counts.set(String(body['type']), { drawn: count.drawn + 1, taken: count.taken + (isTaken ? 1 : 0) });
  }
  const types = asJson(asJson(description.follow(asJson(operation?.body))['properties'])['type'])['enum'];
  expect([...counts.keys()].sort()).toEqual([types].flat().map(String).sort());
  for (const [type, { drawn, taken }] of counts) {
    expect(drawn, type).toBeGreaterThan(SENDS / 20);
    expect(taken / drawn, `${taken} of ${drawn} of type ${type}`).toBeGreaterThan(ACCEPTED);
  }
});
