import { buildOpenApi } from '../../src/surfaces/http/openapi.ts';
import { mismatches } from '../contract/json-schema.ts';
import { type ApiClient, type Json, objectOf, rowsOf } from './api.ts';
import { expectOk } from './sandbox-device.ts';

let made: Json | undefined;

/** The description, as JSON. */
function description(): Json {
  made ??= objectOf({ document: JSON.parse(JSON.stringify(buildOpenApi('any'))) }, 'document');
  return made;
}

/** What the `webhooks` section says of a type of event: its schema, and an example. Null for a type it does not name. */
export function describedEvent(type: string): { schema: Json; example: unknown } | null {
  const webhook = objectOf(objectOf(objectOf(description(), 'webhooks'), type), 'post');
  const content = objectOf(objectOf(webhook, 'requestBody'), 'content');
  const { example } = objectOf(content, 'application/json');
  const schema = objectOf(objectOf(content, 'application/json'), 'schema');
  return Object.keys(schema).length === 0 ? null : { schema, example };
}

/** Where an event is not what is described of its type. */
export function misfitsOf(event: Json): string[] {
  const type = String(event['type']);
  const described = describedEvent(type);
  if (!described) return [`${type} is not described`];
  return mismatches(description(), described.schema, event).map((found) => `${type}: ${found}`);
}

/** Where events of a whole log are not what is described of their types; each finding once. */
export async function misfitsIn(api: ApiClient): Promise<string[]> {
  const found = new Set<string>();
  for (let after = '0'; ; ) {
    const page = await expectOk(api.get(`/v1/events?limit=100&after=${after}`));
    for (const event of rowsOf(page)) for (const misfit of misfitsOf(event)) found.add(misfit);
    if (page['hasMore'] !== true) return [...found];
    after = String(page['nextCursor']);
  }
}
