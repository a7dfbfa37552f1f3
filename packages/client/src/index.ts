export { Waping } from './client.ts';
export { type ErrorDetail, isWapingError, WapingApiError } from './error.ts';
export { OPERATIONS } from './generated/api.ts';
export type { ErrorCode, EventType } from './generated/names.ts';
export type * from './generated/types.ts';
export type { Page } from './pages.ts';
export type { CallOptions, CreateOptions, RequestBody, StreamEvent, WapingOptions } from './transport.ts';
export {
  verifyWebhook,
  type WebhookEvent,
  type WebhookHeaders,
  type WebhookRequest,
  WebhookVerificationError,
} from './verify-webhook.ts';
