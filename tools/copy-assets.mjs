// Puts the API reference's script beside the compiled server, so that /docs works without any network.
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const pkg = path.dirname(require.resolve('@scalar/api-reference/package.json'));
const target = path.resolve('packages/server/dist/assets');
mkdirSync(target, { recursive: true });
copyFileSync(path.join(pkg, 'dist/browser/standalone.js'), path.join(target, 'api-reference.js'));
