// Puts the API reference's script beside the compiled server, so that /docs works without any network.
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = path.join(root, 'packages/server/dist/assets');
mkdirSync(target, { recursive: true });
copyFileSync(
  path.join(root, 'node_modules/@scalar/api-reference/dist/browser/standalone.js'),
  path.join(target, 'api-reference.js'),
);
