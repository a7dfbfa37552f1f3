import { rmSync } from 'node:fs';

for (const name of ['server', 'sandbox', 'client']) {
  rmSync(`packages/${name}/dist`, { recursive: true, force: true });
  rmSync(`packages/${name}/dist-test`, { recursive: true, force: true });
}
