import { randomBytes } from 'node:crypto';
import { initAuthCreds, proto } from 'baileys';
import { describe, expect, it } from 'vitest';
import { recordSealer } from './context.ts';
import { decodeCredentials, encodeCredentials } from './credentials-codec.ts';
import { decodeKey, encodeKey, type KeyType, type KeyValue } from './key-codec.ts';

const bytes = (size: number): Buffer => randomBytes(size);

describe('stored forms', () => {
  const cases: [KeyType, KeyValue][] = [
    ['session', bytes(700)],
    ['sender-key', bytes(300)],
    ['identity-key', bytes(33)],
    ['pre-key', { public: bytes(32), private: bytes(32) }],
    ['lid-mapping', '100000000000001'],
    ['device-list', ['0', '5']],
    ['sender-key-memory', { '1:2@s.whatsapp.net': true }],
    ['tctoken', { token: bytes(12), timestamp: '170', senderTimestamp: 7 }],
    ['app-state-sync-version', { version: 3, hash: bytes(128), indexValueMap: { aa: { valueMac: bytes(32) } } }],
  ];

  it.each(cases)('brings a %s back as it was', (type, value) => {
    expect(decodeKey(type, Buffer.from(encodeKey(type, value)))).toEqual(value);
  });

  it('brings an app-state key back with its 64-bit time', () => {
    const key = { keyData: bytes(32), fingerprint: { rawId: 1, deviceIndexes: [0] }, timestamp: 1_700_000_000_123 };
    const back = decodeKey('app-state-sync-key', Buffer.from(encodeKey('app-state-sync-key', key)));
    expect(back).toMatchObject({ keyData: key.keyData });
    if (typeof back !== 'object' || !('keyData' in back)) throw new Error('another shape');
    expect(String(back.timestamp)).toBe('1700000000123');
  });

  it('brings credentials back, protobuf account included', () => {
    const account = proto.ADVSignedDeviceIdentity.fromObject({ details: bytes(10), deviceSignature: bytes(64) });
    const creds = { ...initAuthCreds(), account, me: { id: '1:2@s.whatsapp.net', lid: '9:2@lid' } };
    const back = decodeCredentials(encodeCredentials(creds));
    expect(back.noiseKey).toEqual(creds.noiseKey);
    expect(back.account?.details).toEqual(account.details);
    expect(back.account?.deviceSignature).toEqual(account.deviceSignature);
    expect(back.me).toEqual(creds.me);
    expect(back.nextPreKeyId).toBe(1);
  });

  it('refuses bytes that are no credentials or no prekey', () => {
    expect(() => decodeCredentials(Buffer.from('{"a":1}'))).toThrow('another shape');
    expect(() => decodeKey('pre-key', bytes(63))).toThrow('wrong length');
    expect(() => encodeKey('session', 'text')).toThrow('another shape');
  });

  it('lets nothing readable out of a session', () => {
    const spec = { workspaceId: 'w', deviceId: 'd', network: 'sandbox' as const, token: 1, dataKey: bytes(32) };
    const creds = initAuthCreds();
    const sealer = recordSealer(spec, () => creds);
    const value = bytes(64);
    const out = JSON.stringify([sealer.keys([{ type: 'session', id: 's', value }]), sealer.credentials()]);
    expect(out).not.toContain(JSON.stringify([...value]).slice(1, -1));
    expect(out).not.toContain(JSON.stringify([...Buffer.from(creds.advSecretKey)]).slice(1, -1));
  });
});
