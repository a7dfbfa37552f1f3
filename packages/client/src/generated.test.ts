import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { generateClient } from '../../../tools/client-generator/generate.ts';
import { EVENT_TYPES } from '../../server/src/features/events/types.ts';
import { ERROR_CODES } from '../../server/src/platform/errors.ts';
import { buildOpenApi } from '../../server/src/surfaces/http/openapi.ts';

const FOLDER = fileURLToPath(new URL('./generated', import.meta.url));
const files = generateClient({
  document: JSON.parse(JSON.stringify(buildOpenApi('any'))),
  errorCodes: Object.keys(ERROR_CODES),
  eventTypes: EVENT_TYPES,
});

// `npm run generate` writes what this compares.
it.each(Object.entries(files))('has %s as the description makes it', async (name, text) => {
  await expect(text).toMatchFileSnapshot(path.join(FOLDER, name));
});

it('has no file that nothing makes', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(files).sort());
});
