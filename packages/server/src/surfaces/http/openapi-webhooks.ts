import { EVENT_TYPES, type EventType } from '../../features/events/index.ts';
import { schemaOfEvent } from '../../operations/event-data.ts';
import { exampleOf } from './openapi-examples.ts';
import type { Json, SchemaCatalogue } from './openapi-schemas.ts';

function describe(when: string, schema: Json, example: unknown): Json {
  return {
    post: {
      summary: when,
      description:
        'The same as `GET /v1/events` and the stream show. What it told is gone (`erased`) once its contact was erased, or its message was taken back or is kept no longer.',
      security: [],
      requestBody: { required: true, content: { 'application/json': { schema, example } } },
      responses: { '2XX': { description: 'Taken.' } },
    },
  };
}

/** The `webhooks` section: a JSON Schema and an example of every type of event. */
export function webhooks(schemas: SchemaCatalogue): Json {
  const types = Object.keys(EVENT_TYPES).filter((type): type is EventType => Object.hasOwn(EVENT_TYPES, type));
  const written = types.map((type) => [type, schemas.inline(schemaOfEvent(type), 'output')] as const);
  // Only now every schema that one of them refers to is known.
  const known = schemas.all();
  return Object.fromEntries(
    written.map(([type, schema]) => [type, describe(EVENT_TYPES[type], schema, exampleOf(schema, known))]),
  );
}
