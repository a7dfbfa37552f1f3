import { describe, expect, it } from 'vitest';
import { errorOf, type Json, objectOf, type Reply, rowsOf } from '../kit/api.ts';
import { misfitsIn } from '../kit/events.ts';
import { expectOk } from '../kit/sandbox-device.ts';
import { templateScene, text } from '../kit/template-scene.ts';

const SHOP = '+15550001000';
const ADA = '+15550002000';

const scene = templateScene({ shop: SHOP, ada: ADA });
const { create, made, send, preview } = scene;
const findings = (reply: Reply) => [errorOf(reply)['details']].flat();
const refused = (reply: Reply) => [reply.status, errorOf(reply)['code'], findings(reply)];

describe('a send of type template', () => {
  it('reaches the phone as the content the template becomes, and names the template', async () => {
    const template = await made(text('Hi {{name}}, order {{ order }} is \\{{ready}}.'));
    const variables = { name: 'Ada', order: '{{name}}' };
    const message = await expectOk(send({ name: template['name'], variables }));
    const body = 'Hi Ada, order {{name}} is {{ready}}.';
    const shown = { id: template['id'], name: template['name'], language: 'en' };
    expect(message).toMatchObject({ type: 'text', text: { body }, template: shown });
    const path = `/v1/sandbox/phones/${ADA}/messages`;
    await scene.server.api.until(path, (page) => rowsOf(page).some((one) => one['text'] === body));
    expect(await expectOk(scene.server.api.get(`/v1/messages/${message['id']}`))).toMatchObject({ template: shown });
    const events = rowsOf(await expectOk(scene.server.api.get('/v1/events?types=message.queued&limit=100')));
    const event = events.find((one) => objectOf(objectOf(one, 'data'), 'message')['id'] === message['id']);
    expect(objectOf(event ?? {}, 'data')).toMatchObject({ message: { text: { body }, template: shown } });
  });

  it('keeps what was accepted when the template changes or goes', async () => {
    const template = await made(text('Before {{x}}'));
    const later = { sendAt: new Date(Date.now() + 3_600_000).toISOString() };
    const message = await expectOk(send({ id: template['id'], variables: { x: '1' } }, later));
    await expectOk(
      scene.server.api.call('PATCH', `/v1/templates/${template['id']}`, { text: { body: 'After {{x}}' } }),
    );
    expect((await scene.server.api.call('DELETE', `/v1/templates/${template['id']}`)).status).toBe(204);
    expect(await expectOk(scene.server.api.get(`/v1/messages/${message['id']}`))).toMatchObject({
      text: { body: 'Before 1' },
      template: { id: template['id'] },
    });
    expect((await send({ id: template['id'] })).status).toBe(404);
  });

  it('says every value that is missing, unknown or of another type', async () => {
    const variables = [
      { name: 'amount', type: 'number' },
      { name: 'link', type: 'url' },
      { name: 'call', type: 'phone' },
      { name: 'short', maxLength: 3 },
    ];
    const template = await made(text('{{missing}} {{amount}} {{link}} {{call}} {{short}}', variables));
    const values = { amount: '5', link: 'ftp://x', call: '0123', short: 'long', other: 'x' };
    expect(refused(await send({ id: template['id'], variables: values }))).toEqual([
      400,
      'VALIDATION_ERROR',
      [
        { param: 'template.variables.other', message: 'is not a variable of this template' },
        { param: 'template.variables.amount', message: 'must be a number' },
        { param: 'template.variables.link', message: 'must be an http or https address' },
        { param: 'template.variables.call', message: 'must be an E.164 number: + and 7 to 15 digits' },
        { param: 'template.variables.short', message: 'must be at most 3 characters' },
        { param: 'template.variables.missing', message: 'is needed' },
      ],
    ]);
  });

  it('refuses values with which the message would break its own rules', async () => {
    const poll = { question: 'When?', options: ['{{a}}', '{{b}}'] };
    const template = await made({ type: 'poll', poll });
    const reply = await send({ id: template['id'], variables: { a: 'Now', b: 'Now' } });
    expect(refused(reply)).toEqual([
      400,
      'VALIDATION_ERROR',
      [
        {
          param: 'template.variables',
          message: 'with these values poll.options is refused: must differ from each other',
        },
      ],
    ]);
  });

  it('needs the language where a name has more than one, and says which there are', async () => {
    await made({ name: 'both', ...text('Hello') });
    await made({ name: 'both', language: 'pt-BR', ...text('Olá') });
    expect(refused(await send({ name: 'both' }))).toEqual([
      400,
      'VALIDATION_ERROR',
      [{ param: 'template.language', message: 'is needed: there is one in en, pt-BR' }],
    ]);
    expect(await expectOk(send({ name: 'both', language: 'pt-BR' }))).toMatchObject({ text: { body: 'Olá' } });
    expect(errorOf(await send({ name: 'both', language: 'fr' }))).toMatchObject({
      code: 'NOT_FOUND',
      param: 'template.language',
    });
  });

  it('takes a template by name or by id, not both, and no content beside it', async () => {
    const { id, name } = await made(text('x'));
    const replies = [await send({ id, name }), await send({}), await send({ id }, { text: { body: 'y' } })];
    expect(replies.map((reply) => [reply.status, errorOf(reply)['param']])).toEqual([
      [400, 'template.name'],
      [400, 'template.name'],
      [400, 'text'],
    ]);
  });

  it('is counted and forwarded as what it became', async () => {
    const { id } = await made(text('Pass it on'));
    const message = await expectOk(send({ id }));
    const forward = await expectOk(scene.server.api.post(`/v1/messages/${message['id']}/forward`, { to: ADA }));
    expect(forward).toMatchObject({ type: 'text', text: { body: 'Pass it on' }, template: null, forwarded: true });
  });

  it('repeats the first answer to an Idempotency-Key, whatever the template says by then', async () => {
    const { id } = await made(text('First {{x}}'));
    const again = () =>
      scene.server.api.post(
        '/v1/messages',
        { deviceId: scene.deviceId, to: ADA, type: 'template', template: { id, variables: { x: 'y' } } },
        { 'idempotency-key': 'template-key' },
      );
    const first = await expectOk(again());
    await expectOk(scene.server.api.call('PATCH', `/v1/templates/${id}`, { text: { body: 'Second {{x}}' } }));
    expect(await expectOk(again())).toEqual(first);
  });
});

it('fills templates in a batch, and tells for each message what is wrong with its own', async () => {
  const { name } = await made(text('Hi {{who}}'));
  const one = (template: Json) => ({ deviceId: scene.deviceId, to: ADA, type: 'template', template });
  const messages = [
    one({ name, variables: { who: 'Ada' } }),
    one({ name }),
    one({ name: 'unheard_of' }),
    { deviceId: scene.deviceId, to: ADA, type: 'text', text: { body: 'plain' } },
  ];
  const sent = await expectOk(scene.server.api.post('/v1/messages/batch', { messages }));
  const codes = rowsOf(sent).map((row) => objectOf(row, 'error')['code'] ?? row['status']);
  expect(codes).toEqual(['queued', 'VALIDATION_ERROR', 'NOT_FOUND', 'queued']);
  const first = await expectOk(scene.server.api.get(`/v1/messages/${rowsOf(sent)[0]?.['id']}`));
  expect(first).toMatchObject({ type: 'text', text: { body: 'Hi Ada' }, template: { name } });
});

it('is told, before it is built, that a short template with long values is longer than any message', async () => {
  const { id } = await made(text('{{a}}'.repeat(900)));
  expect(await expectOk(preview(id, { a: 'x'.repeat(72) }))).toMatchObject({ type: 'text' });
  const reply = await preview(id, { a: 'x'.repeat(1_024) });
  expect([reply.status, JSON.stringify(findings(reply))]).toEqual([
    400,
    expect.stringContaining('becomes 921600 characters long'),
  ]);
});

it('refuses what comes after 16 Mi characters of templates in one batch', async () => {
  const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:{{agent}}\nTEL:+15550001\nEND:VCARD';
  const { name } = await made({
    type: 'contacts',
    contacts: Array.from({ length: 50 }, () => ({ vcard })),
    variables: [{ name: 'agent', maxLength: 4_096, default: 'x'.repeat(4_096) }],
  });
  // Of a device that is not there: what fits is refused for that, and nothing is sent.
  const elsewhere = { deviceId: 'dev_01jd8k3v5q7w9x2y4z6a8b0c1d', to: ADA, type: 'template', template: { name } };
  const messages = Array.from({ length: 100 }, () => elsewhere);
  const { body } = await scene.server.api.post('/v1/messages/batch', { messages });
  const codes = rowsOf(body).map((row) => objectOf(row, 'error')['code']);
  const fitting = codes.filter((code) => code === 'NOT_FOUND').length;
  expect(fitting).toBeGreaterThan(75);
  expect(codes.slice(fitting)).toEqual(codes.slice(fitting).fill('VALIDATION_ERROR'));
  expect(fitting).toBeLessThan(82);
});

describe('a template', () => {
  it('lists every variable of its content, declared or not, with what was left out', async () => {
    const template = await made(text('{{a}} {{b}} {{a}}', [{ name: 'b', type: 'number', default: 7 }]));
    expect(template['variables']).toEqual([
      { name: 'b', type: 'number', required: false, default: 7, maxLength: null, description: null },
      { name: 'a', type: 'text', required: true, default: null, maxLength: 1024, description: null },
    ]);
    expect(await expectOk(preview(template['id'], { a: 'x' }))).toMatchObject({ text: { body: 'x 7 x' } });
  });

  it.each<[string, Json, string]>([
    ['braces that name nothing', text('Hi {{first name}}'), 'text.body'],
    ['a variable that is not used', text('Hi', [{ name: 'x' }]), 'variables.0.name'],
    ['a variable listed twice', text('{{x}}', [{ name: 'x' }, { name: 'x' }]), 'variables.1.name'],
    ['a default that does not fit', text('{{x}}', [{ name: 'x', type: 'url', default: 'x' }]), 'variables.0.default'],
    ['a required default', text('{{x}}', [{ name: 'x', required: true, default: 'x' }]), 'variables.0.required'],
    ['content of another type', { type: 'poll', text: { body: 'x' } }, 'text'],
    [
      'content no message may have',
      { type: 'location', location: { latitude: 91, longitude: 0 } },
      'location.latitude',
    ],
    ['more places for variables than it may have', text('{{x}}'.repeat(1_001)), 'text'],
    ['a name with blanks', { name: 'Two Words', ...text('x') }, 'name'],
    ['a language that is none', { language: 'English!', ...text('x') }, 'language'],
  ])('is refused for %s', async (_why, template, param) => {
    const reply = await create(template);
    expect([reply.status, errorOf(reply)['param']], JSON.stringify(reply.body)).toEqual([400, param]);
  });

  it('has one name in a language', async () => {
    const first = await made({ name: 'taken', ...text('x') });
    const second = await made({ name: 'free', ...text('y') });
    const renamed = await scene.server.api.call('PATCH', `/v1/templates/${second['id']}`, { name: 'taken' });
    for (const reply of [await create({ name: 'taken', ...text('z') }), renamed])
      expect(errorOf(reply)).toMatchObject({ code: 'CONFLICT', param: 'name' });
    expect(await expectOk(scene.server.api.get(`/v1/templates/${first['id']}`))).toMatchObject({ text: { body: 'x' } });
  });

  it('becomes a place, a card or a poll with values in it', async () => {
    const location = { latitude: '{{lat}}', longitude: 13.4, name: 'Shop {{no}}' };
    const number = { name: 'lat', type: 'number' };
    const place = await made({ type: 'location', location, variables: [number] });
    expect(await expectOk(preview(place['id'], { lat: 52.5, no: '7' }))).toMatchObject({
      type: 'location',
      location: { latitude: 52.5, longitude: 13.4, name: 'Shop 7' },
    });
    expect((await preview(place['id'], { lat: 91, no: '7' })).status).toBe(400);
    const contacts = [{ name: '{{agent}}', phones: ['{{phone}}'] }];
    const card = await made({ type: 'contacts', contacts, variables: [{ name: 'phone', type: 'phone' }] });
    const shown = await expectOk(preview(card['id'], { agent: 'Ada', phone: '+15551234567' }));
    expect(shown['contacts']).toEqual([{ name: 'Ada', phones: ['+15551234567'] }]);
  });

  it('lets no value write lines of a vCard', async () => {
    const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:{{agent}}\nTEL:+15551234567\nEND:VCARD';
    const card = await made({ type: 'contacts', contacts: [{ vcard }] });
    const { contacts } = await expectOk(preview(card['id'], { agent: 'Ada\nTEL:+15559999999' }));
    expect(JSON.stringify(contacts)).toContain('+15551234567');
    expect(objectOf({ first: [contacts].flat()[0] }, 'first')['phones']).toEqual(['+15551234567']);
  });

  it('keeps what a change leaves out, and drops variables the new text no longer has', async () => {
    const template = await made(text('{{a}} {{b}}', [{ name: 'a', description: 'The first' }]));
    const changed = await expectOk(
      scene.server.api.call('PATCH', `/v1/templates/${template['id']}`, { text: { body: '{{a}} {{c}}' } }),
    );
    expect(changed).toMatchObject({ name: template['name'], language: 'en', type: 'text' });
    expect(rowsOf({ data: changed['variables'] }).map((one) => [one['name'], one['description']])).toEqual([
      ['a', 'The first'],
      ['c', null],
    ]);
    const asPoll = { type: 'poll', poll: { question: '{{q}}?', options: ['A', 'B'] } };
    const poll = await expectOk(scene.server.api.call('PATCH', `/v1/templates/${template['id']}`, asPoll));
    expect(poll).toMatchObject({ type: 'poll', text: null, poll: { question: '{{q}}?' } });
    const typeAlone = await scene.server.api.call('PATCH', `/v1/templates/${template['id']}`, { type: 'text' });
    expect([typeAlone.status, errorOf(typeAlone)['param']]).toEqual([400, 'text']);
  });

  it('is found by name, language and type, and tells of each change', async () => {
    const template = await made({ name: 'sought', language: 'de', ...text('Hallo') });
    for (const query of ['name=sought', 'language=de', 'language=de&type=text'])
      expect(rowsOf(await expectOk(scene.server.api.get(`/v1/templates?${query}`))).map((row) => row['id'])).toEqual([
        template['id'],
      ]);
    await expectOk(scene.server.api.call('PATCH', `/v1/templates/${template['id']}`, { name: 'found' }));
    await scene.server.api.call('DELETE', `/v1/templates/${template['id']}`);
    const types = 'template.created,template.updated,template.deleted';
    const events = rowsOf(await expectOk(scene.server.api.get(`/v1/events?types=${types}&limit=100`)));
    const own = events.filter((one) => objectOf(objectOf(one, 'data'), 'template')['id'] === template['id']);
    expect(own.map((one) => one['type']).sort()).toEqual(types.split(',').sort());
  });
});

it('every event of all this is as its type is described', async () => {
  expect(await misfitsIn(scene.server.api)).toEqual([]);
});
