import { afterAll, beforeAll } from 'vitest';
import type { Json, Reply } from './api.ts';
import { expectOk, linkSandboxDevice } from './sandbox-device.ts';
import { TestServer } from './server.ts';

/** Content of a template that is a text. */
export const text = (body: string, variables?: Json[]): Json => ({
  type: 'text',
  text: { body },
  ...(variables ? { variables } : {}),
});

/** A gateway with a device of `shop` and the phone `ada`, for a test file, and what its tests do with templates. */
export function templateScene({ shop, ada }: { shop: string; ada: string }) {
  let server: TestServer;
  let deviceId: string;
  let count = 0;
  beforeAll(async () => {
    server = await TestServer.start({ env: { WAPING_PRIVATE_HOSTS: '127.0.0.0/8' } });
    deviceId = await linkSandboxDevice(server.api, shop);
    await expectOk(server.api.post('/v1/sandbox/phones', { phone: ada, name: 'Ada' }));
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const create = (template: Json): Promise<Reply> => {
    count += 1;
    return server.api.post('/v1/templates', { name: `template_${count}`, language: 'en', ...template });
  };
  return {
    get server() {
      return server;
    },
    get deviceId() {
      return deviceId;
    },
    create,
    made: async (template: Json) => expectOk(create(template)),
    send: (template: Json, more: Json = {}) =>
      server.api.post('/v1/messages', { deviceId, to: ada, type: 'template', template, ...more }),
    preview: (id: unknown, variables: Json) => server.api.post(`/v1/templates/${id}/preview`, { variables }),
  };
}
