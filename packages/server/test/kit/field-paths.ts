import { z } from 'zod';
import { type Json, objectOf } from './api.ts';

/** Adds the path of every field that has a value: not null, and not false. Of a list its first item counts. */
export function noteFields(body: Json, paths: Set<string>, at = ''): void {
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === false) continue;
    paths.add(`${at}${name}`);
    noteFields(objectOf({ one: Array.isArray(value) ? value[0] : value }, 'one'), paths, `${at}${name}.`);
  }
}

/** Paths of all fields of a schema, in the same form; those that hold no other fields. */
export function pathsOf(schema: unknown, at: string): string[] {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return pathsOf(schema.unwrap(), at);
  if (schema instanceof z.ZodArray) return pathsOf(schema.element, at);
  if (!(schema instanceof z.ZodObject)) return [at];
  return Object.entries(schema.shape).flatMap(([name, field]) => pathsOf(field, `${at}.${name}`));
}
