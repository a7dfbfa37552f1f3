/** What a message carries when it failed. `code` is ours and stable; `providerCode` is WhatsApp's. */
export interface MessageError {
  code: string;
  message: string;
  providerCode: string | null;
  retryable: boolean;
}

// WhatsApp's nack codes, as seen on the wire and named in open engines' sources.
const KNOWN: Record<string, Omit<MessageError, 'providerCode'>> = {
  '463': {
    code: 'RECIPIENT_REACH_LIMITED',
    message: 'WhatsApp does not let this number start new chats for now. It is never tried again by itself.',
    retryable: false,
  },
  '479': { code: 'PROVIDER_REJECTED', message: 'WhatsApp refused the message as malformed.', retryable: false },
  '500': {
    code: 'PROVIDER_UNAVAILABLE',
    message: 'WhatsApp had an internal error with this message.',
    retryable: true,
  },
};

/** The error of a nack. An unknown code stays visible as it came. */
export function providerError(providerCode: string | undefined): MessageError {
  const known = providerCode === undefined ? undefined : KNOWN[providerCode];
  const base = known ?? { code: 'PROVIDER_REJECTED', message: 'WhatsApp refused the message.', retryable: false };
  return { ...base, providerCode: providerCode ?? null };
}
