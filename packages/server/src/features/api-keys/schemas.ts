import { z } from 'zod';
import { idField, isoOrNull, shownId, timeField } from '../../operations/fields.ts';
import { parseNetwork } from '../../platform/ip.ts';
import type { ApiKeyRow, KeyState } from './store.ts';

const MAX_SCOPES = 100;
const MAX_DEVICES = 500;
const MAX_NETWORKS = 100;
/** Seconds. */
export const DEFAULT_OVERLAP = 24 * 3_600;
export const MAX_OVERLAP = 30 * 24 * 3_600;
export const KEY_STATES = ['active', 'expired', 'revoked'] as const satisfies readonly KeyState[];

const SCOPES_TEXT = '`resource:verb`, `resource:*` or `*`.';
const DEVICES_TEXT = 'The only devices the key may use; null: all, and what belongs to no device.';
const IPS_TEXT = 'The only addresses and networks (CIDR) the key may be used from; null: any.';
const EXPIRY_TEXT = 'When the key stops working; null: never.';

export const nameField = z
  .string()
  .trim()
  .min(1)
  .max(80)
  .meta({ description: 'What the key is for.', examples: ['Shop backend'] });

export const scopesField = z
  .array(
    z
      .string()
      .max(100)
      .meta({ description: 'A scope.', examples: ['messages:send'] }),
  )
  .min(1)
  .max(MAX_SCOPES)
  .meta({ description: `What the key may do: ${SCOPES_TEXT}`, examples: [['messages:send', 'devices:read']] });

export const deviceIdsField = z
  .array(idField('dev', 'A device.'))
  .min(1)
  .max(MAX_DEVICES)
  .nullable()
  .meta({ description: DEVICES_TEXT, examples: [['dev_01jd8k3v5q7w9x2y4z6a8b0c1d']] });

export const allowedIpsField = z
  .array(
    z
      .string()
      .max(64)
      .refine((text) => parseNetwork(text) !== null, {
        message: 'must be an address or a network such as 192.0.2.0/24, with no bits set behind its prefix',
      })
      .meta({ description: 'An address or a network.', examples: ['192.0.2.0/24'] }),
  )
  .min(1)
  .max(MAX_NETWORKS)
  .nullable()
  .meta({ description: IPS_TEXT, examples: [['192.0.2.0/24', '2001:db8::/32']] });

export const expiresAtField = timeField.nullable().meta({
  description: `${EXPIRY_TEXT} In the future.`,
  examples: ['2030-01-31T12:00:00.000Z'],
});

const shownSecret = z
  .string()
  .nullable()
  .meta({
    description: 'The secret itself, shown this once: null when an Idempotency-Key is repeated.',
    examples: ['wap_01jd8k3v5q7w9x2y4z6a8b0c1d_5Hq…_9f2c01aa'],
  });

export const apiKeySchema = z
  .object({
    id: shownId('key', 'Id of the key.'),
    name: z.string().meta({ description: 'What it is for.', examples: ['Shop backend'] }),
    state: z.enum(KEY_STATES).meta({ description: 'Whether it works.', examples: ['active'] }),
    scopes: z.array(z.string()).meta({ description: SCOPES_TEXT, examples: [['messages:send']] }),
    deviceIds: z.array(z.string()).nullable().meta({ description: DEVICES_TEXT }),
    allowedIps: z.array(z.string()).nullable().meta({ description: IPS_TEXT }),
    expiresAt: timeField.nullable().meta({ description: EXPIRY_TEXT }),
    createdAt: timeField,
    createdBy: z
      .string()
      .nullable()
      .meta({
        description: 'The person or key that made it; null: the operator, or the first start.',
        examples: ['usr_01jd8k3v5q7w9x2y4z6a8b0c1d'],
      }),
    lastUsedAt: timeField.nullable().meta({ description: 'When it was last used, to about a minute; null: never.' }),
    lastUsedIp: z
      .string()
      .nullable()
      .meta({ description: 'Where from.', examples: ['192.0.2.7'] }),
    rotatedAt: timeField.nullable().meta({ description: 'When it last got a new secret.' }),
    oldSecretUntil: timeField
      .nullable()
      .meta({ description: 'How long the secret before the rotation still works; null: it does not.' }),
    revokedAt: timeField.nullable().meta({ description: 'When it was revoked.' }),
  })
  .meta({ id: 'ApiKey' });

export const issuedKeySchema = apiKeySchema.extend({ apiKey: shownSecret }).meta({ id: 'IssuedApiKey' });

export type ApiKeyResource = z.output<typeof apiKeySchema>;

function stateOf(row: ApiKeyRow, now: Date): KeyState {
  if (row.revoked_at) return 'revoked';
  return row.expires_at && row.expires_at <= now ? 'expired' : 'active';
}

export function toApiKey(row: ApiKeyRow, now: Date): ApiKeyResource {
  const overlaps = row.previous_expires_at !== null && row.previous_expires_at > now;
  return {
    id: row.id,
    name: row.name,
    state: stateOf(row, now),
    scopes: row.scopes,
    deviceIds: row.device_ids,
    allowedIps: row.allowed_ips,
    expiresAt: isoOrNull(row.expires_at),
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
    lastUsedAt: isoOrNull(row.last_used_at),
    lastUsedIp: row.last_used_ip,
    rotatedAt: isoOrNull(row.rotated_at),
    oldSecretUntil: overlaps ? isoOrNull(row.previous_expires_at) : null,
    revokedAt: isoOrNull(row.revoked_at),
  };
}
