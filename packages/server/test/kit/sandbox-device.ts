import type { ApiClient, Json } from './api.ts';

/** Makes a simulated phone, creates a device and links the two by QR. Returns the device id once it is connected. */
export async function linkSandboxDevice(api: ApiClient, phone: string): Promise<string> {
  await expectOk(api.post('/v1/sandbox/phones', { phone, name: `Phone ${phone}` }));
  const device = await expectOk(api.post('/v1/devices', { label: `Device ${phone}`, network: 'sandbox' }));
  const id = String(device['id']);
  await expectOk(api.post(`/v1/devices/${id}/link`, { method: 'qr' }));
  const qr = await expectOk(api.get(`/v1/devices/${id}/qr`));
  await expectOk(api.post(`/v1/sandbox/phones/${phone}/scan`, { qr: qr['qr'] }));
  await api.until(`/v1/devices/${id}`, (body) => body['state'] === 'connected');
  return id;
}

/** The body of a reply that must have succeeded. */
export async function expectOk(reply: ReturnType<ApiClient['call']>): Promise<Json> {
  const { status, body } = await reply;
  if (status >= 400) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return body;
}
