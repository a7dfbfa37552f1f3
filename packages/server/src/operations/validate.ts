import type { z } from 'zod';
import { type ErrorDetail, WapingError } from '../platform/errors.ts';
import { isStorable } from '../platform/storable.ts';
import type { Operation } from './define.ts';

/** What a surface collected from a request, before any of it is trusted. */
export interface RawInput {
  params?: unknown;
  query?: unknown;
  body?: unknown;
  /** All of them, by lower-case names; an operation sees those it names. */
  headers?: Readonly<Record<string, string | string[] | undefined>>;
}

function details(error: z.ZodError): ErrorDetail[] {
  return error.issues.flatMap((issue): ErrorDetail[] => {
    const base = issue.path.map(String).join('.');
    if (issue.code !== 'unrecognized_keys') return [{ param: base || 'body', message: issue.message }];
    return issue.keys.map((key) => ({ param: base ? `${base}.${key}` : key, message: 'unknown field' }));
  });
}

/** Strings no database can hold, anywhere in parsed input. Its depth is bounded by the schema that parsed it. */
function unstorable(value: unknown, path: string): ErrorDetail[] {
  const finding = { param: path, message: 'holds a character that cannot be stored (U+0000 or half a surrogate pair)' };
  if (typeof value === 'string') return isStorable(value) ? [] : [finding];
  if (Array.isArray(value)) return value.flatMap((item, i) => unstorable(item, `${path}.${i}`));
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, item]) =>
    isStorable(name) ? unstorable(item, path ? `${path}.${name}` : name) : [finding],
  );
}

function refuse(found: ErrorDetail[]): WapingError {
  const first = found[0];
  return new WapingError('VALIDATION_ERROR', first ? `${first.param}: ${first.message}` : 'invalid request', {
    details: found,
    ...(first ? { param: first.param } : {}),
  });
}

function parsePart(schema: z.ZodObject | undefined, value: unknown): Record<string, unknown> {
  if (!schema) return {};
  const parsed = schema.safeParse(value ?? {});
  if (!parsed.success) throw refuse(details(parsed.error));
  const found = unstorable(parsed.data, '');
  if (found.length > 0) throw refuse(found);
  return parsed.data;
}

function namedHeaders(schema: z.ZodObject | undefined, headers: RawInput['headers']): Record<string, unknown> {
  const given = Object.keys(schema?.shape ?? {}).flatMap((name) => {
    const value = headers?.[name];
    return value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const];
  });
  return Object.fromEntries(given);
}

/** Parses every part of a request with the operation's schemas; VALIDATION_ERROR names each bad field. */
export function validateInput(
  operation: Pick<Operation, 'params' | 'query' | 'body' | 'headers'>,
  raw: RawInput,
): Record<string, unknown> {
  const params = parsePart(operation.params, raw.params);
  const query = parsePart(operation.query, raw.query);
  const headers = parsePart(operation.headers, namedHeaders(operation.headers, raw.headers));
  if (!operation.body && raw.body !== undefined && raw.body !== null && Object.keys(raw.body).length > 0) {
    throw new WapingError('VALIDATION_ERROR', 'this operation takes no body', { param: 'body' });
  }
  return { ...params, ...query, ...headers, ...parsePart(operation.body, raw.body) };
}
