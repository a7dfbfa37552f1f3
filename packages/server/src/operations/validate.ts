import type { z } from 'zod';
import { type ErrorDetail, WapingError } from '../platform/errors.ts';
import type { Operation } from './define.ts';

/** What a surface collected from a request, before any of it is trusted. */
export interface RawInput {
  params?: unknown;
  query?: unknown;
  body?: unknown;
}

function details(error: z.ZodError): ErrorDetail[] {
  return error.issues.flatMap((issue): ErrorDetail[] => {
    const base = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ param: base || 'body', message: issue.message }];
    return issue.keys.map((key) => ({ param: base ? `${base}.${key}` : key, message: 'unknown field' }));
  });
}

function parsePart(schema: z.ZodObject | undefined, value: unknown): Record<string, unknown> {
  if (!schema) return {};
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const found = details(parsed.error);
  const first = found[0];
  throw new WapingError('VALIDATION_ERROR', first ? `${first.param}: ${first.message}` : 'invalid request', {
    details: found,
    ...(first ? { param: first.param } : {}),
  });
}

/** Parses every part of a request with the operation's schemas; VALIDATION_ERROR names each bad field. */
export function validateInput(operation: Operation, raw: RawInput): Record<string, unknown> {
  const params = parsePart(operation.params, raw.params);
  const query = parsePart(operation.query, raw.query);
  if (!operation.body && raw.body !== undefined && raw.body !== null && Object.keys(raw.body).length > 0) {
    throw new WapingError('VALIDATION_ERROR', 'this operation takes no body', { param: 'body' });
  }
  return { ...params, ...query, ...parsePart(operation.body, raw.body) };
}
