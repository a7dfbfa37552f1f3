// What a newcomer types first, with the tour behind it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../dist/surfaces/cli/main.js', import.meta.url));

async function run(...args: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { code, said };
}

it('shows the main job and the tour, and says in one line of JSON that all of it happened', async () => {
  const { code, said } = await run('demo', '--tour');
  const line = said.trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(line), said).toMatchObject({
    ok: true,
    status: 'read',
    inbound: 1,
    duplicates: 0,
    tour: { ok: true, mediaSame: true, groupMembers: 3, bulk: 600 },
  });
  expect(code).toBe(0);
  // The whole of it, with a time for every step.
  expect(said.match(/^ *\d+ {2}.* ms$/gm)?.length).toBeGreaterThan(25);
});
