import type { OperationContext } from '../../operations/context.ts';
import { packHeaders } from './custom-headers.ts';
import { mintSigningSecret } from './signature.ts';

/** What the secrets of an endpoint are sealed for: elsewhere they do not open. */
export const secretContext = (webhookId: string): string => `webhook/${webhookId}`;
export const headersContext = (webhookId: string): string => `webhook-headers/${webhookId}`;

type Sealer = Pick<OperationContext, 'secrets'>;

/** A new secret, open for the one answer it is shown in, and as it is kept. */
export async function sealNewSecret(ctx: Sealer, webhookId: string): Promise<{ secret: string; secretSealed: Buffer }> {
  const secret = mintSigningSecret();
  return { secret, secretSealed: await ctx.secrets.seal(secret, secretContext(webhookId)) };
}

export function sealHeaders(
  ctx: Sealer,
  webhookId: string,
  headers: Readonly<Record<string, string>>,
): Promise<Buffer> {
  return ctx.secrets.seal(packHeaders(headers), headersContext(webhookId));
}
