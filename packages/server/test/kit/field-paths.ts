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

/** The schema inside of what says that it may be left out. */
export function bare(schema: unknown): unknown {
  const isWrapped =
    schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
  return isWrapped ? bare(schema.unwrap()) : schema;
}

/** A field that holds no other fields. */
export interface Leaf {
  /** The names that lead to it; `0` into a list. */
  at: readonly string[];
  schema: z.ZodType;
}

/** All of them of a schema, those of each alternative too. */
export function leavesOf(schema: unknown, at: readonly string[] = []): Leaf[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return leavesOf(inner.element, [...at, '0']);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => leavesOf(option, at));
  if (inner instanceof z.ZodObject)
    return Object.entries(inner.shape).flatMap(([name, field]) => leavesOf(field, [...at, name]));
  return inner instanceof z.ZodType ? [{ at, schema: inner }] : [];
}

/** Paths of all fields of a schema, in the same form; those that hold no other fields. */
export function pathsOf(schema: unknown, at: string): string[] {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return pathsOf(schema.unwrap(), at);
  if (schema instanceof z.ZodArray) return pathsOf(schema.element, at);
  if (!(schema instanceof z.ZodObject)) return [at];
  return Object.entries(schema.shape).flatMap(([name, field]) => pathsOf(field, `${at}.${name}`));
}
