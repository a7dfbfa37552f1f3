import pg from 'pg';
import type { SqlValue } from './port.ts';

/** What goes on the wire: text, bytes (binary format) or NULL. */
export type WireValue = string | Uint8Array | null;

const NEEDS_ESCAPE = /[\\"]/;

function arrayElement(value: Exclude<SqlValue, readonly unknown[]>): string {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = value;
    return `"\\\\x${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}"`;
  }
  const text = String(encodeValue(value));
  return NEEDS_ESCAPE.test(text) ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : `"${text}"`;
}

/** Turns a parameter into its wire form; the same on both databases. Throws RangeError on an invalid Date. */
export function encodeValue(value: SqlValue): WireValue {
  if (value === null || typeof value === 'string') return value;
  if (value instanceof Uint8Array) return value;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') return `{${value.map(arrayElement).join(',')}}`;
  return String(value);
}

export function encodeValues(values: readonly SqlValue[] = []): WireValue[] {
  return values.map(encodeValue);
}

// DATE, TIMESTAMP without zone, INTERVAL: the driver would read them in the machine's zone or as objects; text is exact.
const AS_TEXT = new Set([1082, 1114, 1186]);

const asText = (text: string): string => text;

/** The reader of a column's text form, by type id. int8, numeric and xid8 stay strings, as the port promises. */
export function readerOf(typeId: number): (text: string) => unknown {
  return AS_TEXT.has(typeId) ? asText : pg.types.getTypeParser(typeId, 'text');
}
