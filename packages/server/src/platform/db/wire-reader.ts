import { type DatabaseErrorFields, errorFrom } from './db-error.ts';
import { readerOf } from './values.ts';

/** What the backend said to one pipeline of statements, up to ReadyForQuery. */
export interface Reply {
  /** Rows of each statement, in order; a statement without a result set has []. */
  rows: unknown[][];
  error: Error | undefined;
  /** Command tags, in order: `INSERT 0 1`, `COMMIT`, `ROLLBACK`. */
  tags: string[];
}

interface Column {
  name: string;
  read: (text: string) => unknown;
}

/** One backend message: its tag and the place of its body. PostgreSQL protocol 3.0, "Message Formats". */
interface Message {
  tag: string;
  start: number;
  end: number;
}

/** Walks the messages of a whole reply. Throws on a reply cut in the middle. */
export function* messagesOf(bytes: Buffer): Generator<Message> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (end > bytes.length) throw new Error('The database answer was cut short');
    yield { tag: String.fromCharCode(bytes.readUInt8(at)), start: at + 5, end };
    at = end;
  }
}

function cstring(bytes: Buffer, start: number): { text: string; next: number } {
  const end = bytes.indexOf(0, start);
  return { text: bytes.toString('utf8', start, end), next: end + 1 };
}

function readColumns(bytes: Buffer, start: number): Column[] {
  const columns: Column[] = [];
  let at = start + 2;
  for (let left = bytes.readInt16BE(start); left > 0; left -= 1) {
    const name = cstring(bytes, at);
    // After the name: table id (4), column number (2), type id (4), size (2), modifier (4), format (2).
    columns.push({ name: name.text, read: readerOf(bytes.readInt32BE(name.next + 6)) });
    at = name.next + 18;
  }
  return columns;
}

function readRow(bytes: Buffer, start: number, columns: readonly Column[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = start + 2;
  for (const column of columns) {
    const length = bytes.readInt32BE(at);
    at += 4;
    row[column.name] = length < 0 ? null : column.read(bytes.toString('utf8', at, at + length));
    if (length > 0) at += length;
  }
  return row;
}

/** The fields of an ErrorResponse or NoticeResponse body. */
export function readErrorFields(bytes: Buffer, start: number): DatabaseErrorFields {
  const fields = new Map<string, string>();
  for (let at = start; bytes.readUInt8(at) !== 0; ) {
    const value = cstring(bytes, at + 1);
    fields.set(String.fromCharCode(bytes.readUInt8(at)), value.text);
    at = value.next;
  }
  return {
    sqlstate: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? 'unknown database error',
    detail: fields.get('D'),
    constraint: fields.get('n'),
    table: fields.get('t'),
    column: fields.get('c'),
    where: fields.get('W'),
  };
}

/** Channel and payload of a NotificationResponse body. */
export function readNotification(bytes: Buffer, start: number): { channel: string; payload: string } {
  const channel = cstring(bytes, start + 4);
  return { channel: channel.text, payload: cstring(bytes, channel.next).text };
}

/** Reads a whole reply into rows, tags and the first error. */
export function readReply(bytes: Buffer): Reply {
  const reply: Reply = { rows: [], error: undefined, tags: [] };
  let columns: Column[] = [];
  let rows: unknown[] = [];
  const finish = (): void => {
    reply.rows.push(rows);
    rows = [];
    columns = [];
  };
  for (const { tag, start, end } of messagesOf(bytes)) {
    if (tag === 'D') rows.push(readRow(bytes, start, columns));
    else if (tag === 'T') columns = readColumns(bytes, start);
    else if (tag === 'C') {
      reply.tags.push(bytes.toString('utf8', start, end - 1));
      finish();
    } else if (tag === 'I') finish();
    else if (tag === 'E') reply.error ??= errorFrom(readErrorFields(bytes, start));
  }
  return reply;
}
