import { expect, it } from 'vitest';
import { Places } from './places.ts';

it('lets one workspace take its share and no more, all together no more than there are, and gives places back once', async () => {
  const places = new Places({ total: 3, each: 2, refusal: 'full' });
  const [first, second] = [places.take('a'), places.take('a')];
  const refused = { code: 'SERVICE_UNAVAILABLE', message: 'full' };
  expect(() => places.take('a')).toThrow(expect.objectContaining(refused));
  const other = places.take('b');
  await expect(places.run('c', async () => 'never')).rejects.toMatchObject(refused);
  other();
  other();
  await expect(places.run('c', () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
  first();
  places.take('c');
  const again = places.take('a');
  expect(() => places.take('d')).toThrow('full');
  for (const leave of [second, again]) leave();
  places.take('a');
});
