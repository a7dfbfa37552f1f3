/** Reasons the sandbox refuses something; `code` is stable, the message is for people. */
export type SandboxErrorCode =
  | 'NOT_LOOPBACK'
  | 'QR_UNKNOWN'
  | 'QR_EXPIRED'
  | 'LINK_CODE_UNKNOWN'
  | 'LINK_CODE_WRONG'
  | 'PASSKEY_REQUIRED'
  | 'NOT_ON_WHATSAPP'
  | 'NO_SUCH_DEVICE'
  | 'NO_PREKEYS'
  | 'PHONE_OFFLINE'
  | 'NOT_FOUND'
  | 'BAD_REQUEST'
  | 'TIMEOUT'
  | 'CONNECTION_CLOSED'
  | 'PROTOCOL';

export class SandboxError extends Error {
  readonly code: SandboxErrorCode;

  constructor(code: SandboxErrorCode, message: string) {
    super(message);
    this.name = 'SandboxError';
    this.code = code;
  }
}

/** Narrows anything caught to a message fit for a reply; never includes key material. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
